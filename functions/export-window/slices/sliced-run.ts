import * as z from 'zod';
import { contentSumSchema } from '../../shared/content-hash.ts';
import { manifestPartSchema } from '../../shared/manifest.ts';
import { formatVersion, keptObject } from '../../shared/stored-format.ts';
import { timestampEvidenceSchema } from '../../shared/timestamp-storage.ts';
import { cutSlice, isWithin, type Slice, sliceSchema, sliceTimes } from './slice.ts';
import { sliceClocks } from './time-watch.ts';

const count = z.int().nonnegative();
const instant = z.iso.datetime();

/** A run that is exported in slices: which ones, and for whom. Changed by conditional writes alone. */
export const slicedRunSchema = keptObject({
  version: formatVersion(1),
  source: z.string(),
  date: z.string(),
  run: z.string(),
  /** The request that the run answers. */
  request: z.string(),
  reason: z.string().nullable(),
  kind: z.enum(['daily', 'backfill']),
  /** Id of the range message that the window belongs to; null for a window asked for alone. */
  backfill: z.string().nullable(),
  startedAt: instant,
  /** What is asked for, as it was when the run began: slices of two configurations would not make one window. */
  query: keptObject({
    events: z.array(z.string()).nullable(),
    where: z.string().nullable(),
    sliceTime: z.enum(sliceTimes),
  }),
  /** Queries spent before the window was cut. */
  requests: count,
  /** Blocks of part numbers given out: each attempt at a slice takes one, so that no two write the same part. */
  blocks: count,
  /** Every second of the window is in exactly one of them. */
  slices: z.array(sliceSchema).min(1),
  /** Whether every slice's message has been sent. */
  announced: z.boolean(),
  /** Whether a slice was given up. Sent back, it may still make the run whole. */
  failed: z.boolean(),
  /** The slice that showed that this run can never be whole; null while it can. */
  hopelessBy: z.string().nullable(),
});
export type SlicedRun = z.output<typeof slicedRunSchema>;

/** A slice that is complete: what the run's manifest will be made from. Put once, by the first attempt that ends. */
export const sliceCheckpointSchema = z.object({
  version: formatVersion(1),
  slice: z.string(),
  parts: z.array(manifestPartSchema),
  duplicates: count,
  /** Where the superseded lines are named; null where there are none. */
  superseded: z.string().nullable(),
  content: contentSumSchema,
  /** Null when it was known how the source stores time. */
  evidence: timestampEvidenceSchema.nullable(),
  clock: z.enum(sliceClocks),
  requests: count,
  startedAt: instant,
  completedAt: instant,
});
export type SliceCheckpoint = z.output<typeof sliceCheckpointSchema>;

/** More parts than one attempt can write: at 64 MiB each, 67 GB; at the 62 MB/s measured, 15 minutes give 56 GB. */
const partsPerBlock = 1000;

/** Takes the next block of part numbers. */
export function takeBlock(run: SlicedRun): SlicedRun {
  return { ...run, blocks: run.blocks + 1 };
}

/** The first part number of the block that was taken last. */
export function firstPartOf(run: SlicedRun): number {
  return (run.blocks - 1) * partsPerBlock;
}

/** Puts a slice's pieces in its place; the very same run when the slice is not there any more. */
export function replaceSlice(run: SlicedRun, slice: Slice, cuts: readonly number[]): SlicedRun {
  const at = run.slices.findIndex(({ id }) => id === slice.id);
  return at < 0 ? run : { ...run, slices: run.slices.toSpliced(at, 1, ...cutSlice(slice, cuts)) };
}

/** What has become of a slice: itself, its pieces, or nothing in a run that has no such slice. */
export function piecesOf(run: SlicedRun, id: string): Slice[] {
  return run.slices.filter((slice) => isWithin(slice, id));
}
