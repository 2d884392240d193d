import type { Log } from '../shared/log.ts';
import type { MessageQueue } from '../shared/message-queue.ts';
import type { OneWindowMessage } from '../shared/messages.ts';
import type { ObjectStore } from '../shared/object-store.ts';
import { scheduleReason } from '../shared/schedule.ts';
import type { SourceSettings } from '../shared/source-settings.ts';
import { dueInEveryZone } from '../shared/window.ts';
import { windowZones } from '../shared/window-zone.ts';

export interface PlanDeps {
  readonly settings: SourceSettings;
  readonly store: ObjectStore;
  readonly windowQueue: MessageQueue;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Log;
}

/**
 * Asks for every window that is due: the newest that has ended, and the look-back before it. Configuration and clock
 * decide; asking twice costs a query each and changes nothing.
 *
 * @returns the windows asked for, newest first.
 */
export async function planWindows(deps: PlanDeps): Promise<readonly string[]> {
  const nowMs = deps.clock();
  const { lookbackDays } = deps.settings.schedule;
  const zones = await windowZones(deps.store, deps.settings);
  const due = dueInEveryZone(zones, { nowMs, lookbackDays });
  for (const date of due) {
    const message: OneWindowMessage = { date, reason: scheduleReason };
    await deps.windowQueue.send(message);
  }
  deps.log.info('Plan:Windows:Sent', { windows: due });
  return due;
}
