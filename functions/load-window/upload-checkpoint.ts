import * as z from 'zod';
import { deliveryPrefix, uploadCheckpointKey, uploadProgressKey } from '../shared/object-keys.ts';
import { parseJsonWith } from '../shared/parse.ts';
import {
  createProfileBuilder,
  type PropertyProfile,
  propertyProfileSchema,
} from '../shared/property-profile.ts';
import { formatVersion } from '../shared/stored-format.ts';
import type { DeliveryCounts } from './delivery-ledger.ts';
import type { LoadDeps } from './load-deps.ts';

const count = z.int().nonnegative();

/** Written once all files of an upload are in the batch: its parts need no more work in this delivery. */
export const uploadCheckpointSchema = z.object({
  version: formatVersion(1),
  /** The first of its parts, by which an upload is known. */
  part: count,
  filtered: count,
  rejected: count,
  mapped: count,
  files: count,
  bytes: count.default(0),
  /** How often each rule failed. */
  ruleErrors: z.record(z.string(), count),
  /** Not in a checkpoint that was written before there were property reports. */
  properties: propertyProfileSchema.optional(),
});
export type UploadCheckpoint = z.output<typeof uploadCheckpointSchema>;

/** Written after each file but the last: an invocation that ends here is continued by another one from there. */
export const uploadProgressSchema = z.object({
  version: formatVersion(1),
  /** Files that are in the batch. */
  files: count,
  bytes: count,
  /** The line whose row is the last in them. */
  part: count,
  line: count,
  /** Lines that Platform has refused at once; only where rows are streamed. */
  refused: z.array(z.object({ part: count, line: count, reason: z.string() })).optional(),
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

/** What all uploads of a delivery came to. */
export interface CheckpointSum {
  readonly counts: DeliveryCounts;
  readonly files: number;
  readonly bytes: number;
  /** Undefined when a checkpoint has none: a profile of some uploads would tell of properties that vanished. */
  readonly properties: PropertyProfile | undefined;
}

/** How many checkpoints are read at once: the join of a window of 500 uploads takes seconds, not a minute. */
const readsAtOnce = 16;

/**
 * Adds the checkpoints up, holding no more of them than are read at once; undefined while one is missing. A join that
 * comes too early finds that out by listing, and reads none.
 */
export async function sumCheckpoints(
  deps: LoadDeps,
  ref: Omit<UploadRef, 'part'>,
  firstParts: readonly number[],
): Promise<CheckpointSum | undefined> {
  if ((await doneUploads(deps, ref, firstParts)).size < firstParts.length) return undefined;
  const profile = createProfileBuilder();
  let isProfiled = true;
  let sum = { filtered: 0, rejected: 0, mapped: 0, files: 0, bytes: 0 };
  for (let first = 0; first < firstParts.length; first += readsAtOnce) {
    const some = firstParts.slice(first, first + readsAtOnce);
    for (const upload of await Promise.all(some.map((part) => readCheckpoint(deps, { ...ref, part })))) {
      if (upload === undefined) return undefined;
      sum = added(sum, upload);
      if (upload.properties === undefined) isProfiled = false;
      else profile.addProfile(upload.properties);
    }
  }
  const { files, bytes, ...counts } = sum;
  return { counts, files, bytes, properties: isProfiled ? profile.profile() : undefined };
}

type Summed = DeliveryCounts & Pick<CheckpointSum, 'files' | 'bytes'>;

function added(sum: Summed, upload: Summed): Summed {
  return {
    filtered: sum.filtered + upload.filtered,
    rejected: sum.rejected + upload.rejected,
    mapped: sum.mapped + upload.mapped,
    files: sum.files + upload.files,
    bytes: sum.bytes + upload.bytes,
  };
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
