import { Temporal } from 'temporal-polyfill';
import { newestSettledWindow, nextWindow } from './window.ts';

/** The reason that the ledger keeps for windows which the schedule asked for. */
export const scheduleReason = 'schedule';

/** When a source's windows are planned: every day at `at`, by the clocks of `timezone`. */
export interface DailySchedule {
  /** HH:MM */
  readonly at: string;
  readonly timezone: string;
}

/** The last start of the schedule until this moment, and the first after it: epoch milliseconds. */
export function startsAround(nowMs: number, schedule: DailySchedule): { lastMs: number; nextMs: number } {
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs)
    .toZonedDateTimeISO(schedule.timezone)
    .toPlainDate();
  const startMs = (days: number) => startOn(today.add({ days }), schedule);
  return startMs(0) <= nowMs
    ? { lastMs: startMs(0), nextMs: startMs(1) }
    : { lastMs: startMs(-1), nextMs: startMs(0) };
}

/**
 * The first start of the schedule that asked for a window, or will ask: epoch milliseconds.
 *
 * @param zones those in which Mixpanel may read the source's dates; a window is asked for once it has ended in each.
 */
export function dueSince(date: string, schedule: DailySchedule, zones: readonly string[]): number {
  const isDue = (startMs: number) => zones.every((zone) => newestSettledWindow(startMs, zone) >= date);
  let day = nextWindow(date);
  // A day has ended everywhere after two more; the schedule's own zone may be a day ahead of that.
  for (let tries = 0; tries < 4; tries += 1, day = nextWindow(day)) {
    const startMs = startOn(Temporal.PlainDate.from(day), schedule);
    if (isDue(startMs)) return startMs;
  }
  throw new RangeError(`${date} is never due`);
}

function startOn(day: Temporal.PlainDate, { at, timezone }: DailySchedule): number {
  return day.toZonedDateTime({ timeZone: timezone, plainTime: Temporal.PlainTime.from(at) })
    .epochMilliseconds;
}
