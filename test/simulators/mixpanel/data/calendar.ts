import { Temporal } from 'temporal-polyfill';

/** A stretch of a day in which the zone's offset does not change. */
interface OffsetSpan {
  readonly fromUtcMs: number;
  readonly offsetMs: number;
}

/** One calendar day of a zone as instants: 23, 24 or 25 hours long. */
export interface CalendarDay {
  readonly date: string;
  readonly startUtcMs: number;
  readonly endUtcMs: number;
  /** Oldest first, one per change of offset in the day; the first begins with the day. */
  readonly offsets: readonly OffsetSpan[];
}

/** Whether the text is a date that exists, written YYYY-MM-DD. */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text;
  } catch {
    return false;
  }
}

/** The date that a zone's calendar shows at an instant. */
export function dateAt(epochMs: number, zone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs))
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .toString();
}

/** Every date from the first to the last, both included. */
export function* datesBetween(from: string, to: string): Generator<string> {
  for (
    let date = Temporal.PlainDate.from(from);
    Temporal.PlainDate.compare(date, to) <= 0;
    date = date.add({ days: 1 })
  ) {
    yield date.toString();
  }
}

/** The day as the zone lives it. Where midnight is skipped it begins with its first moment. */
export function calendarDay(date: string, zone: string): CalendarDay {
  const start = Temporal.PlainDate.from(date).toZonedDateTime(zone);
  const endUtcMs = Temporal.PlainDate.from(date).add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds;
  const offsets = [{ fromUtcMs: start.epochMilliseconds, offsetMs: start.offsetNanoseconds / 1e6 }];
  let change = start.getTimeZoneTransition('next');
  while (change !== null && change.epochMilliseconds < endUtcMs) {
    offsets.push({ fromUtcMs: change.epochMilliseconds, offsetMs: change.offsetNanoseconds / 1e6 });
    change = change.getTimeZoneTransition('next');
  }
  return { date, startUtcMs: start.epochMilliseconds, endUtcMs, offsets };
}

/** The zone's offset at an instant of the day. */
export function offsetAt(day: CalendarDay, utcMs: number): number {
  let offsetMs = 0;
  for (const span of day.offsets) {
    if (span.fromUtcMs <= utcMs || span === day.offsets[0]) offsetMs = span.offsetMs;
  }
  return offsetMs;
}
