import { costTable, usd, volumesText } from '../estimate/cost-view.ts';
import type { Prices } from '../estimate/prices.ts';
import type { Volumes } from '../estimate/volumes.ts';
import { gbText } from '../estimate/work-cost.ts';
import { grouped } from '../local/progress-view.ts';
import { durationText } from '../status/time-text.ts';
import type { BackfillPlan } from './plan-backfill.ts';

/** What a backfill comes to, for people. */
export function planView(
  plan: BackfillPlan,
  {
    volumes,
    prices,
    what,
  }: { readonly volumes: Volumes | undefined; readonly prices: Prices; readonly what: string },
): string {
  const { windows, queries, windowsPerHour, hours, batches, batchesPerDay, daysOfBatches, volume } = plan;
  const pace =
    hours === null
      ? 'no pace of its own: as fast as windows are mapped and ingested'
      : `${durationText(hours * 3600_000)} at the earliest (${windowsPerHour} windows an hour: the query budget less the daily windows)`;
  const advised =
    daysOfBatches > 1
      ? `; platform.dailyBatchBudget leaves ${batchesPerDay} a day to backfill: ${Math.ceil(daysOfBatches)} days at that pace`
      : '';
  return [
    what,
    '',
    `Windows  ${grouped(windows)}`,
    `Queries  ${grouped(queries)}`,
    `Time     ${pace}`,
    `Batches  ${grouped(batches)} at most${advised}`,
    ...(volume === null
      ? ['Volume   not known yet; --events-per-day and --event-bytes reckon with what you expect']
      : [
          `Volume   ${gbText(volume.gb)} GB of events, ${gbText(volume.archiveGb)} GB more in the archive (${usd(volume.archiveUsdPerMonth)} a month)`,
          `Cost     ${usd(volume.usd)}, once`,
          '',
          ...(volumes === undefined ? [] : [volumesText(volumes)]),
          costTable(volume.lines, prices),
        ]),
  ].join('\n');
}
