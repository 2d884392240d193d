import { dailyBackfillBatches, dailyWindows } from '../../functions/shared/platform/guardrails.ts';
import { hourlyBackfillQueries, projectDailyWindows } from '../../functions/shared/query-budget.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { windowsBetween } from '../../functions/shared/window.ts';
import type { Prices } from '../estimate/prices.ts';
import type { Volumes } from '../estimate/volumes.ts';
import { type CostLine, costLine, totalUsd, workCost } from '../estimate/work-cost.ts';

export interface BackfillRequest {
  readonly from: string;
  readonly to: string;
  readonly reload: boolean;
}

/** What a backfill comes to, before it is asked for. */
export interface BackfillPlan {
  readonly windows: number;
  /** Export queries of Mixpanel; none for a reload. */
  readonly queries: number;
  readonly windowsPerHour: number | null;
  /** At least; null for a reload, which has no pace of its own. */
  readonly hours: number | null;
  readonly batches: number;
  /** Batches a day that the budget of the sandbox leaves to backfill. */
  readonly batchesPerDay: number;
  /** Days that the batches take at that pace. */
  readonly daysOfBatches: number;
  /** Null where nothing tells how large a window is. */
  readonly volume: {
    readonly gb: number;
    readonly archiveGb: number;
    readonly lines: readonly CostLine[];
    readonly usd: number;
    /** Keeping what is added to the archive. */
    readonly archiveUsdPerMonth: number;
  } | null;
}

/** @param sources all of the configuration: those of one project share its queries, those of one sandbox its batches. */
export function planBackfill(
  request: BackfillRequest,
  {
    source,
    sources,
    volumes,
    prices,
  }: {
    readonly source: SourceSettings;
    readonly sources: readonly SourceSettings[];
    readonly volumes: Volumes | undefined;
    readonly prices: Prices;
  },
): BackfillPlan {
  const windows = windowsBetween(request.from, request.to).length;
  const windowsPerHour = hourlyBackfillQueries({
    hourlyQueryBudget: source.mixpanel.hourlyQueryBudget,
    dailyReserve: projectDailyWindows(sources, source),
  });
  const batchesPerDay = dailyBackfillBatches(source.platform.dailyBatchBudget, dailyWindows(sources, source));
  return {
    windows,
    queries: request.reload ? 0 : windows,
    windowsPerHour: request.reload ? null : windowsPerHour,
    hours: request.reload ? null : windows / windowsPerHour,
    batches: windows,
    batchesPerDay,
    daysOfBatches: windows / batchesPerDay,
    volume: volumes === undefined ? null : volumeOf(request, windows, volumes, prices),
  };
}

function volumeOf({ reload }: BackfillRequest, windows: number, volumes: Volumes, prices: Prices) {
  const lines = workCost(volumes, { exports: reload ? 0 : windows, deliveries: windows }, prices).filter(
    ({ quantity }) => quantity > 0,
  );
  const archiveGb = reload ? 0 : (windows * volumes.gzipBytesPerWindow) / 1e9;
  const archive = costLine({
    item: 'S3, archive',
    how: 'added',
    quantity: archiveGb,
    unit: 'GB-month',
    price: prices.s3GbMonth,
  });
  return {
    gb: (windows * volumes.bytesPerWindow) / 1e9,
    archiveGb,
    lines,
    usd: totalUsd(lines),
    archiveUsdPerMonth: archive.usd,
  };
}
