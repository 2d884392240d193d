import { Temporal } from 'temporal-polyfill';

/** A stretch of time in which the zone's offset does not change. Bounds are half open. */
interface OffsetInterval {
  readonly fromMs: number;
  readonly toMs: number;
  /** The wall times that are read with this interval's offset, as if they were epoch milliseconds. */
  readonly wallFromMs: number;
  readonly wallToMs: number;
  readonly offsetMs: number;
}

/** Fast conversions between instants and wall times of one zone. Times are epoch milliseconds in years 0 to 9999. */
export interface ZoneOffsets {
  /** The zone's offset at an instant: what is added to UTC to get the wall time. */
  offsetAt(utcMs: number): number;
  /**
   * The instant at which the zone's clocks show a wall time, given as if it were UTC. A wall time that occurs twice
   * is read as the first of its two instants. One that never occurs is read with the offset in force before the
   * clocks went forward, so 02:30 becomes 03:30: the order of events and the distances between them are kept.
   */
  wallToUtc(wallMs: number): number;
  /** Whether the zone has been at UTC since 1970 and has no change ahead. */
  readonly isAlwaysUtc: boolean;
}

/** More than any zone ever was ahead of UTC (Alaska before 1867: 15 h 13 min). */
const farthestOffsetMs = 16 * 3_600_000;

/**
 * Remembers each interval between two changes of the clocks once it was needed, so that millions of records of one
 * window cost two comparisons each. At most one interval per change of the clocks is kept (two a year).
 *
 * @throws {RangeError} when `zone` is not a zone.
 */
export function createZoneOffsets(zone: string): ZoneOffsets {
  const byInstant: OffsetInterval[] = [];
  let last = intervalAt(0, zone);
  remember(byInstant, last);
  const isAlwaysUtc = last.offsetMs === 0 && last.toMs === Number.POSITIVE_INFINITY;

  function at(utcMs: number): OffsetInterval {
    const known = byInstant[lastIndex(byInstant, 'fromMs', utcMs)];
    if (known !== undefined && utcMs < known.toMs) return known;
    const found = intervalAt(utcMs, zone);
    remember(byInstant, found);
    return found;
  }

  function atWall(wallMs: number): OffsetInterval {
    const known = byInstant[lastIndex(byInstant, 'wallFromMs', wallMs)];
    if (known !== undefined && wallMs < known.wallToMs) return known;
    // No interval that takes this wall time can have ended before this instant.
    let interval = at(wallMs - farthestOffsetMs);
    while (wallMs >= interval.wallToMs) interval = at(interval.toMs);
    return interval;
  }

  return {
    offsetAt(utcMs) {
      if (!(utcMs >= last.fromMs && utcMs < last.toMs)) last = at(utcMs);
      return last.offsetMs;
    },
    wallToUtc(wallMs) {
      if (!(wallMs >= last.wallFromMs && wallMs < last.wallToMs)) last = atWall(wallMs);
      return wallMs - last.offsetMs;
    },
    isAlwaysUtc,
  };
}

/**
 * At a change of the clocks from offset `before` to `after`, the wall times up to `change + max(before, after)` are
 * read with `before`. That one bound is the end of the repeated hour in autumn and of the missing hour in spring.
 */
function intervalAt(utcMs: number, zone: string): OffsetInterval {
  // Server stamps may come with a fraction; the clocks change on whole milliseconds.
  const here = zoned(Math.floor(utcMs), zone);
  const offsetMs = offsetOf(here);
  const next = here.getTimeZoneTransition('next');
  // "Previous" means strictly before, so it is asked from the instant after: a change at this very instant counts.
  const previous = zoned(Math.floor(utcMs) + 1, zone).getTimeZoneTransition('previous');
  const fromMs = previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY;
  const toMs = next?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
  const before = previous === null ? offsetMs : offsetOf(zoned(fromMs - 1, zone));
  const after = next === null ? offsetMs : offsetOf(next);
  return {
    fromMs,
    toMs,
    wallFromMs: fromMs + Math.max(before, offsetMs),
    wallToMs: toMs + Math.max(offsetMs, after),
    offsetMs,
  };
}

function zoned(utcMs: number, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(utcMs).toZonedDateTimeISO(zone);
}

function offsetOf(time: Temporal.ZonedDateTime): number {
  return time.offsetNanoseconds / 1_000_000;
}

function remember(intervals: OffsetInterval[], interval: OffsetInterval): void {
  intervals.splice(lastIndex(intervals, 'fromMs', interval.fromMs) + 1, 0, interval);
}

/** The last interval that begins at or before `ms`, by bisection; -1 when there is none. */
function lastIndex(intervals: readonly OffsetInterval[], start: 'fromMs' | 'wallFromMs', ms: number): number {
  let low = 0;
  let high = intervals.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[middle]?.[start] ?? Number.POSITIVE_INFINITY) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
