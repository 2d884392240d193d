import * as z from 'zod';
import { parseWith } from '../../functions/shared/parse.ts';
import { dueWindows } from '../../functions/shared/window.ts';
import { windowZones } from '../../functions/shared/window-zone.ts';
import type { LocalConnector, LocalSource } from './open-local.ts';
import { queueDepth } from './queue-depths.ts';

const planResponse = z.object({ windows: z.array(z.string()) });

/** The windows planned by source, and since when a ledger tells of this plan. */
export type Plan = ReadonlyMap<string, { readonly windows: readonly string[]; readonly sinceMs: number }>;

/**
 * Has each source's plan function ask for the windows that are due, as the schedule does: a start that fails three
 * times is left in the dead letters. A source whose plan a killed call has left
 * unfinished is not asked again while the same windows are due: its messages are still in the queues.
 *
 * @param onPlanned called after each plan function, with all that is planned so far.
 */
export async function planDueWindows(
  connector: LocalConnector,
  unfinished: Readonly<Record<string, readonly string[]>>,
  onPlanned: (windows: Readonly<Record<string, string[]>>) => void,
): Promise<Plan> {
  const depths = await Promise.all(connector.workQueues.map((url) => queueDepth(connector.sqs, url)));
  const hasMessages = depths.some((depth) => depth > 0);
  const plan = new Map<string, { windows: readonly string[]; sinceMs: number }>();
  for (const source of connector.sources) {
    const left = unfinished[source.settings.id];
    if (hasMessages && left !== undefined && (await areStillDue(connector, source, left))) {
      plan.set(source.settings.id, { windows: left, sinceMs: 0 });
    } else {
      const sinceMs = Date.now();
      const response = await connector.host.invoke(source.planFunctionId, {});
      const { windows } = parseWith(planResponse, response, 'reading what plan-windows answered');
      plan.set(source.settings.id, { windows, sinceMs });
    }
    onPlanned(Object.fromEntries([...plan].map(([id, { windows }]) => [id, [...windows]])));
  }
  return plan;
}

async function areStillDue(
  { store }: LocalConnector,
  { settings }: LocalSource,
  windows: readonly string[],
): Promise<boolean> {
  const zones = await windowZones(store, settings);
  const { lookbackDays } = settings.schedule;
  return zones.some((zone) => {
    const due = dueWindows({ nowMs: Date.now(), zone, lookbackDays });
    return due.join() === windows.join();
  });
}
