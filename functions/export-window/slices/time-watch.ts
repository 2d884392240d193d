import { createBoundedSample } from '../../shared/bounded-sample.ts';
import { RetryableError, TerminalError } from '../../shared/errors.ts';
import { eventTimeMs } from '../../shared/event-time.ts';
import { dayStartMs, isInSlice, type Slice, type wholeWindow } from './slice.ts';

/**
 * Which clock a slice's events were selected by. `stored`: the time as exported; `utc`: the instant behind it, for a
 * project that stores wall time; `either`: both fit.
 */
export const sliceClocks = ['stored', 'utc', 'either'] as const;
export type SliceClock = (typeof sliceClocks)[number];

/** Watches the times of what is fetched, and how fast it comes. */
export interface TimeWatch {
  /**
   * Takes one line into account.
   *
   * @throws {RetryableError} `window_too_large` once it is plain that the time will not do, or the disk.
   */
  see(time: unknown, lineBytes: number): void;
  /**
   * Which clock the filter went by.
   *
   * @throws {TerminalError} `slice_not_filtered` when events outside of the slice have come by either.
   */
  clock(): SliceClock;
  /** A sample of the events' seconds of the day, ascending, by the clock that the filter seems to go by. */
  sample(): readonly number[];
}

/** The instants that a stored wall time may stand for. */
export interface WallInstants {
  /** The one that the connector reads it as. */
  first(timeMs: number): number;
  /** The other one, in an hour that the clocks repeat or leave out; else the same. */
  other(timeMs: number): number;
}

export interface TimeWatchOptions {
  readonly slice: Slice | typeof wholeWindow;
  readonly date: string;
  /** For a project that stores wall time, or may: the second clock that its times are held against. */
  readonly instants: WallInstants | undefined;
  /** What is known of the size of the window, and the time there is; undefined where nothing is known. */
  readonly pace?: Pace | undefined;
  /** Events of one query. @default 40 million */
  readonly maxEvents?: number;
}

export interface Pace {
  /** By an earlier run. */
  readonly expectedBytes: number;
  readonly allowedMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Enough for quantiles that are within a few per cent; see `createBoundedSample`. */
const sampleSize = 1024;
/**
 * The duplicate index takes 48 bytes of disk for each event; a function has 2 GiB (`exportStorage` in the stack), which is
 * 44 million. Small events at full speed would come to more within a function's time.
 */
const defaultMaxEvents = 40_000_000;
/** How often the pace is looked at; more often would only read the clock. */
const linesPerLook = 4096;
/** Before a fifth of the time has gone, a slow beginning says little. */
const earliestVerdict = 0.2;

export function createTimeWatch(options: TimeWatchOptions): TimeWatch {
  const { slice, date, instants, pace, maxEvents = defaultMaxEvents } = options;
  const startMs = dayStartMs(date);
  const stored = createBoundedSample(sampleSize);
  const utc = createBoundedSample(sampleSize);
  const outside = { stored: 0, utc: 0 };
  const bounded = slice.from !== null || slice.to !== null;
  const isLate = pace === undefined ? () => false : paceJudge(pace);
  let lines = 0;
  let bytes = 0;

  const secondOf = (timeMs: number) => (timeMs - startMs) / 1000;
  const isOutside = (timeMs: number) => bounded && !isInSlice(slice, secondOf(timeMs));
  const look = (timeMs: number) => {
    stored.add(secondOf(timeMs));
    if (isOutside(timeMs)) outside.stored += 1;
    if (instants === undefined) return;
    const utcMs = instants.first(timeMs);
    utc.add(secondOf(utcMs));
    if (isOutside(utcMs) && isOutside(instants.other(timeMs))) outside.utc += 1;
  };
  const clockOf = (): SliceClock | undefined => {
    if (outside.stored > 0) return instants !== undefined && outside.utc === 0 ? 'utc' : undefined;
    return instants !== undefined && outside.utc > 0 ? 'stored' : 'either';
  };

  return {
    see(time, lineBytes) {
      lines += 1;
      bytes += lineBytes;
      // Times in other forms are told apart from numbers by no documented rule of the filter's.
      const timeMs = typeof time === 'number' ? eventTimeMs(time) : undefined;
      if (timeMs !== undefined) look(timeMs);
      if (lines > maxEvents)
        throw tooLarge(date, `it has more than the ${maxEvents} events that there is disk for`);
      if (lines % linesPerLook === 0 && isLate(bytes))
        throw tooLarge(date, "at this pace it will not be whole before the function's time is over");
    },
    clock() {
      const clock = clockOf();
      if (clock !== undefined) return clock;
      throw new TerminalError(
        'slice_not_filtered',
        `exporting a slice of window ${date}: Mixpanel sent events from outside of it, so its filter by time does not ` +
          'do what the slice needs; set mixpanel.sliceTime to the other form',
      );
    },
    sample: () => (clockOf() === 'utc' ? utc : stored).values(),
  };
}

function paceJudge({ expectedBytes, allowedMs, now }: Pace): (bytes: number) => boolean {
  const startedMs = now();
  return (bytes) => {
    const elapsedMs = now() - startedMs;
    return elapsedMs > earliestVerdict * allowedMs && (bytes / elapsedMs) * allowedMs < expectedBytes;
  };
}

export const tooLargeCode = 'window_too_large';

function tooLarge(date: string, why: string): RetryableError {
  return new RetryableError(tooLargeCode, `exporting window ${date}: ${why}`);
}
