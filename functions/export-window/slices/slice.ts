import * as z from 'zod';
import { keptObject } from '../../shared/stored-format.ts';

/** The forms in which Mixpanel is asked for a part of a day; no source says that they mean the same. */
export const sliceTimes = ['event', 'property'] as const;
export type SliceTime = (typeof sliceTimes)[number];

const second = z.int();

/**
 * A piece of a window that is fetched on its own: the events from one second on, up to but without another. Seconds
 * count from 00:00 of the window's calendar day on the clock that Mixpanel's filters read; null is no bound.
 */
export const sliceSchema = keptObject({
  /** Unique in its run. A slice that was cut is the beginning of its pieces' ids: `2` of `2-0` and `2-1`. */
  id: z.string().regex(/^\d+(-\d+)*$/),
  from: second.nullable(),
  to: second.nullable(),
});
export type Slice = z.output<typeof sliceSchema>;

/** What is cut first: no bounds, and no id to begin with. */
export const wholeWindow = { id: '', from: null, to: null } as const;

export const secondsPerDay = 86_400;

/**
 * Cuts a slice into pieces without a gap or an overlap. Cuts outside of it, at its edges or given twice are left out.
 *
 * @param cuts each is the first second of a piece.
 */
export function cutSlice(slice: Slice | typeof wholeWindow, cuts: readonly number[]): Slice[] {
  const inside = [...new Set(cuts)]
    .filter((cut) => (slice.from === null || cut > slice.from) && (slice.to === null || cut < slice.to))
    .sort((one, other) => one - other);
  const starts = [slice.from, ...inside];
  return starts.map((from, index) => ({
    id: slice.id === '' ? String(index) : `${slice.id}-${index}`,
    from,
    to: inside[index] ?? slice.to,
  }));
}

/** Whether a slice is `id`, or a piece of it, however small. */
export function isWithin(slice: Slice, id: string): boolean {
  return slice.id === id || slice.id.startsWith(`${id}-`);
}

/** Whether a moment, in seconds of the day, belongs to the slice. */
export function isInSlice({ from, to }: Pick<Slice, 'from' | 'to'>, seconds: number): boolean {
  return (from === null || seconds >= from) && (to === null || seconds < to);
}

/**
 * The filter that selects a slice.
 *
 * Only one kind of comparison is made, "at or after a bound", and a slice's end is the denial of the next one's
 * beginning. So whatever clock Mixpanel compares with, and however it rounds: an event that is after a bound is after
 * every earlier bound too, and belongs to exactly one slice. One whose time can't be compared is after none, and
 * belongs to the first.
 */
export function sliceFilter(slice: Slice, date: string, form: SliceTime): string {
  const since = (second: number) => `${momentTest(date, second, form)}`;
  return [
    ...(slice.from === null ? [] : [since(slice.from)]),
    ...(slice.to === null ? [] : [`not (${since(slice.to)})`]),
  ].join(' and ');
}

/** Mixpanel documents the first form (reference/segmentation-expressions); Airbyte's source uses the second. */
function momentTest(date: string, second: number, form: SliceTime): string {
  const epochSeconds = dayStartMs(date) / 1000 + second;
  if (form === 'property') return `properties["$time"] >= datetime(${epochSeconds})`;
  const text = new Date(epochSeconds * 1000).toISOString().slice(0, '0000-00-00T00:00:00'.length);
  return `event["$time"] >= datetime("${text}")`;
}

/** Where a window's seconds count from, as epoch milliseconds of a clock that shows UTC. */
export function dayStartMs(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}
