import { Temporal } from 'temporal-polyfill';
import { firstWindow as earliestWindow } from './messages.ts';

const dayMs = 24 * 3_600_000;

/** A window in time: from `startMs` on, up to but without `endMs`. Both are epoch milliseconds. */
export interface WindowBounds {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The instants that belong to a window: from the first instant of that day in `zone` to the first instant of the
 * next. A day lasts 23 or 25 hours where the clocks change, and begins at 01:00 where midnight does not exist. A day
 * that the zone left out altogether (Pacific/Apia, 2011-12-30) is an empty window: `startMs` equals `endMs`.
 *
 * Windows are contiguous. Where the clocks go back over midnight (America/St_Johns until 2011: 00:01 to 23:01), the
 * repeated stretch of the old day stays in the new day's window, which has begun already.
 *
 * @throws {RangeError} when `date` is not a day or `zone` is not a zone.
 */
export function windowBounds(date: string, zone: string): WindowBounds {
  return { startMs: startOf(date, zone), endMs: startOf(nextWindow(date), zone) };
}

/** The one window of `zone` that an instant belongs to: the inverse of {@link windowBounds}. */
export function windowOf(instantMs: number, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone);
  let date = local.toPlainDate().toString();
  // The clock may show the old day again after the new one has begun; the window follows the bounds, not the clock.
  for (let next = nextWindow(date); instantMs >= startOf(next, zone); next = nextWindow(date)) date = next;
  return date;
}

/** The name of the day after, with no regard to zones: every calendar day is a window, even an empty one. */
export function nextWindow(date: string): string {
  return shifted(date, 1);
}

/** The name of the day before. */
export function previousWindow(date: string): string {
  return shifted(date, -1);
}

/** Every window from `from` to `to`, both included, oldest first; none when `from` is after `to`. */
export function windowsBetween(from: string, to: string): string[] {
  const dates: string[] = [];
  for (let date = from; date <= to; date = nextWindow(date)) dates.push(date);
  return dates;
}

/** The newest window that is settled: the last whole day that has ended in `zone`. */
export function newestSettledWindow(nowMs: number, zone: string): string {
  return previousWindow(windowOf(nowMs, zone));
}

export interface DueWindowsOptions {
  readonly nowMs: number;
  /** The zone in which Mixpanel reads dates for this source. */
  readonly zone: string;
  /** Settled windows exported again for late events. */
  readonly lookbackDays: number;
  /** No window before this one is due. @default the first day that Mixpanel can have data for */
  readonly firstWindow?: string;
}

/**
 * The windows that a scheduled plan asks for: the newest settled one, then `lookbackDays` more. The newest comes
 * first, so that a short query budget delays the look-back and not the fresh day.
 */
export function dueWindows({ nowMs, zone, lookbackDays, firstWindow }: DueWindowsOptions): string[] {
  const first = firstWindow !== undefined && firstWindow > earliestWindow ? firstWindow : earliestWindow;
  const newest = newestSettledWindow(nowMs, zone);
  return windowsBetween(shifted(newest, -lookbackDays), newest)
    .filter((date) => date >= first)
    .reverse();
}

/**
 * As `dueWindows`, where Mixpanel may read dates in more than one zone: a window is due once it has ended in each.
 *
 * @param zones one or more.
 */
export function dueInEveryZone(
  zones: readonly string[],
  options: Omit<DueWindowsOptions, 'zone'>,
): readonly string[] {
  const plans = zones.map((zone) => dueWindows({ ...options, zone }));
  return plans.reduce((one, other) => ((other[0] ?? '') < (one[0] ?? '') ? other : one));
}

/** By the days of UTC, which all have 24 hours: Temporal takes ten times as long, for years of windows. */
function shifted(date: string, days: number): string {
  return new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10);
}

function startOf(date: string, zone: string): number {
  return Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds;
}
