import * as z from 'zod';
import { deliveryPrefix, uploadCheckpointKey, uploadProgressKey } from '../shared/object-keys.ts';
import { parseJsonWith } from '../shared/parse.ts';
import type { LoadDeps } from './load-deps.ts';

const count = z.int().nonnegative();

/** Written once all files of an upload are in the batch: its parts need no more work in this delivery. */
const uploadCheckpointSchema = z.object({
  version: z.literal(1),
  /** The first of its parts, by which an upload is known. */
  part: count,
  filtered: count,
  rejected: count,
  mapped: count,
  files: count,
  bytes: count.default(0),
  /** How often each rule failed. */
  ruleErrors: z.record(z.string(), count),
});
export type UploadCheckpoint = z.output<typeof uploadCheckpointSchema>;

/** Written after each file but the last: an invocation that ends here is continued by another one from there. */
const uploadProgressSchema = z.object({
  version: z.literal(1),
  /** Files that are in the batch. */
  files: count,
  bytes: count,
  /** The line whose row is the last in them. */
  part: count,
  line: count,
});
export type UploadProgress = z.output<typeof uploadProgressSchema>;

/** Below 0 when the first comes before the second. */
export function comparePositions(
  one: { readonly part: number; readonly line: number },
  other: { readonly part: number; readonly line: number },
): number {
  return one.part - other.part || one.line - other.line;
}

/** An upload of a delivery. */
export interface UploadRef {
  readonly date: string;
  readonly delivery: string;
  /** The first of its parts. */
  readonly part: number;
}

/** Undefined while the upload is not done. */
export async function readCheckpoint(deps: LoadDeps, ref: UploadRef): Promise<UploadCheckpoint | undefined> {
  const key = uploadCheckpointKey(windowOf(deps, ref), ref.delivery, ref.part);
  return readAs(deps, key, uploadCheckpointSchema);
}

export async function writeCheckpoint(
  deps: LoadDeps,
  ref: UploadRef,
  checkpoint: UploadCheckpoint,
): Promise<void> {
  const key = uploadCheckpointKey(windowOf(deps, ref), ref.delivery, ref.part);
  await deps.store.put(key, `${JSON.stringify(checkpoint)}\n`);
}

/** Undefined while no file of the upload but perhaps its last is in the batch. */
export async function readProgress(deps: LoadDeps, ref: UploadRef): Promise<UploadProgress | undefined> {
  const key = uploadProgressKey(windowOf(deps, ref), ref.delivery, ref.part);
  return readAs(deps, key, uploadProgressSchema);
}

export async function writeProgress(deps: LoadDeps, ref: UploadRef, progress: UploadProgress): Promise<void> {
  const key = uploadProgressKey(windowOf(deps, ref), ref.delivery, ref.part);
  await deps.store.put(key, `${JSON.stringify(progress)}\n`);
}

/** The first parts of the uploads that are done. */
export async function doneUploads(
  deps: LoadDeps,
  ref: Omit<UploadRef, 'part'>,
  firstParts: readonly number[],
): Promise<ReadonlySet<number>> {
  const window = windowOf(deps, ref);
  const keys = new Set<string>();
  for await (const { key } of deps.store.list(deliveryPrefix(window, ref.delivery))) keys.add(key);
  return new Set(firstParts.filter((part) => keys.has(uploadCheckpointKey(window, ref.delivery, part))));
}

/** How many checkpoints are read at once: the join of a window of 500 uploads takes seconds, not a minute. */
const readsAtOnce = 16;

/** Every upload's checkpoint in order, or undefined while one is missing. */
export async function readAllCheckpoints(
  deps: LoadDeps,
  ref: Omit<UploadRef, 'part'>,
  firstParts: readonly number[],
): Promise<UploadCheckpoint[] | undefined> {
  const all: UploadCheckpoint[] = [];
  for (let first = 0; first < firstParts.length; first += readsAtOnce) {
    const some = await Promise.all(
      firstParts.slice(first, first + readsAtOnce).map((part) => readCheckpoint(deps, { ...ref, part })),
    );
    for (const checkpoint of some) {
      if (checkpoint === undefined) return undefined;
      all.push(checkpoint);
    }
  }
  return all;
}

const windowOf = (deps: LoadDeps, { date }: Pick<UploadRef, 'date'>) => ({ source: deps.settings.id, date });

async function readAs<Schema extends z.ZodType>(
  deps: LoadDeps,
  key: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const found = await deps.store.getText(key);
  return found === undefined ? undefined : parseJsonWith(schema, found.text, `reading the checkpoint ${key}`);
}
