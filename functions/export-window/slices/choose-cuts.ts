import { RetryableError, TerminalError } from '../../shared/errors.ts';
import { isInSlice, type Slice, secondsPerDay, type wholeWindow } from './slice.ts';
import { type TimeWatch, tooLargeCode } from './time-watch.ts';

/** What was being fetched when it failed. */
export interface FailedFetch {
  readonly slice: Slice | typeof wholeWindow;
  readonly watch: Pick<TimeWatch, 'sample'>;
  readonly signal: AbortSignal;
}

/** Where to cut what was fetched when this failure came; nowhere, if it was not the time that ran out. */
export function cutsAfter(error: unknown, { slice, watch, signal }: FailedFetch): number[] {
  const isLate = error instanceof RetryableError && error.code === tooLargeCode;
  if (!isLate && (!signal.aborted || error instanceof TerminalError)) return [];
  return chooseCuts(slice, watch.sample());
}

/** Into how many pieces of equal weight what was seen is cut. Four, as an unknown share of the events was not seen. */
const pieces = 4;
/** How many pieces the stretch before or after what was seen is cut into at most: each costs a query. */
const maxUnseenPieces = 20;

/**
 * Where to cut a slice that could not be fetched in the time of one function, by the events that were.
 *
 * Events may come in the order of their times, so that a stretch of the slice was not reached at all, or in any
 * order. What was seen is cut into pieces of equal weight, and what lies before and after into pieces as long.
 *
 * @param seen a sample of the events' seconds of the day, ascending, as the slice's bounds are meant.
 * @returns seconds strictly inside the slice; none where all events are of one second, which no filter divides.
 */
export function chooseCuts(slice: Slice | typeof wholeWindow, seen: readonly number[]): number[] {
  const whole = seen.map(Math.floor);
  const [first, last] = [whole[0], whole.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const quarters = Array.from(
    { length: pieces - 1 },
    (_, index) => whole[Math.floor((whole.length * (index + 1)) / pieces)] ?? last,
  ).filter((cut) => cut > first);
  const within = quarters.length > 0 ? quarters : [first + 1];
  const [start, end] = [slice.from ?? 0, slice.to ?? secondsPerDay];
  const step = Math.max(1, Math.ceil((last - first) / pieces));
  return [...within, ...unseen(last, end, step), ...unseen(first, start, -step)].filter((cut) =>
    isInSlice({ from: slice.from === null ? null : slice.from + 1, to: slice.to }, cut),
  );
}

/** Cuts from the edge of what was seen to the slice's own; none where that is no longer than a piece. */
function unseen(edge: number, end: number, step: number): number[] {
  const length = Math.abs(end - edge);
  if (length <= Math.abs(step) || Math.sign(end - edge) !== Math.sign(step)) return [];
  const count = Math.min(maxUnseenPieces, Math.floor(length / Math.abs(step)));
  return Array.from({ length: count }, (_, index) =>
    Math.round(edge + (Math.sign(step) * length * index) / count),
  );
}

/** A window in `count` slices of equal length: the best that can be said before any event of it was seen. */
export function evenCuts(count: number): number[] {
  return Array.from({ length: count - 1 }, (_, index) => Math.round((secondsPerDay * (index + 1)) / count));
}
