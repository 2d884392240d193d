import * as z from 'zod';
import type { Manifest } from '../../shared/manifest.ts';
import { formatVersion } from '../../shared/stored-format.ts';
import { evenCuts } from './choose-cuts.ts';
import { cutSlice, type Slice, secondsPerDay, wholeWindow } from './slice.ts';

const bound = z.int().nullable();

/** How a window was cut in a run that became whole, and how long each slice took. */
export const slicePlanSchema = z.object({
  version: formatVersion(1),
  source: z.string(),
  date: z.string(),
  run: z.string(),
  slices: z.array(z.object({ from: bound, to: bound, ms: z.number().nonnegative() })).min(1),
});
export type SlicePlan = z.output<typeof slicePlanSchema>;

/** What earlier runs tell about a window: of the window itself, or else of a day beside it. */
export interface EarlierRun {
  readonly manifest: Manifest;
  /** Only where it was exported in slices. */
  readonly plan: SlicePlan | undefined;
}

/** A slice is meant to take half of the time that there is: days grow, and Mixpanel is not always as fast. */
const plannedShare = 0.5;
/** What took more than this of the time is cut before it fails. */
const riskyShare = 0.7;
/**
 * What took less in all is fetched by one query again: the reason for cutting it is gone. Far enough below the risky
 * share that a plan does not swing, and often enough met that one slow day does not cost more queries for ever.
 */
const smallShare = 0.3;
const secondsPerHour = 3600;
/** Five minutes of a day each. At 50 queries an hour they take six hours; no window known needs a tenth of it. */
export const maxSlices = 288;

/**
 * How a window should be cut, by how long it took before.
 *
 * @param allowedMs the time that one function has for its work.
 * @returns none for a window that is likely to be fetched whole in that time.
 */
export function planSlices(earlier: EarlierRun | undefined, allowedMs: number): Slice[] {
  if (earlier === undefined) return [];
  if (earlier.plan !== undefined) return adjusted(earlier.plan, allowedMs);
  const tookMs = durationOf(earlier.manifest);
  return tookMs <= riskyShare * allowedMs
    ? []
    : cutSlice(wholeWindow, evenCuts(piecesFor(tookMs, allowedMs)));
}

/** The same cuts once more, but for those between small slices, and further ones where a slice came near the limit. */
function adjusted({ slices }: SlicePlan, allowedMs: number): Slice[] {
  const kept = keptCuts(slices, smallShare * allowedMs);
  const further = slices
    .filter(({ ms }) => ms > riskyShare * allowedMs)
    .flatMap(({ from, to, ms }) => between(from, to, piecesFor(ms, allowedMs)));
  // Where there is no room for all of them, those that are known to work come first.
  const pieces = cutSlice(wholeWindow, [...kept, ...further].slice(0, maxSlices - 1));
  return pieces.length > 1 ? pieces : [];
}

/** The cuts of a plan that still have something to divide: neighbours that are small together become one. */
function keptCuts(slices: SlicePlan['slices'], smallMs: number): number[] {
  const cuts: number[] = [];
  let heldMs = 0;
  for (const { from, ms } of slices) {
    const isSmall = heldMs + ms < smallMs;
    if (from !== null && !isSmall) cuts.push(from);
    heldMs = isSmall ? heldMs + ms : ms;
  }
  return cuts;
}

function piecesFor(tookMs: number, allowedMs: number): number {
  return Math.min(maxSlices, Math.ceil(tookMs / (plannedShare * allowedMs)));
}

function between(from: number | null, to: number | null, pieces: number): number[] {
  // A filter that reads another clock than the one the day is named by may have events before 00:00 or after 24:00.
  const start = from ?? Math.min(0, (to ?? secondsPerDay) - secondsPerHour);
  const end = to ?? Math.max(secondsPerDay, start + secondsPerHour);
  return Array.from({ length: pieces - 1 }, (_, index) =>
    Math.round(start + ((end - start) * (index + 1)) / pieces),
  );
}

/** Of a run that was fetched whole: from its first byte to its manifest. */
export function durationOf({ startedAt, completedAt }: Manifest): number {
  return Date.parse(completedAt) - Date.parse(startedAt);
}
