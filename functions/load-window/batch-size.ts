import * as z from 'zod';
import { RetryableError, TerminalError } from '../shared/errors.ts';
import { uploadSizesKey } from '../shared/object-keys.ts';
import { guardrails } from '../shared/platform/guardrails.ts';
import { formatVersion, keptObject } from '../shared/stored-format.ts';
import { readJson, updateJson } from '../shared/stored-json.ts';
import type { LoadDeps } from './load-deps.ts';
import type { UploadRef } from './upload-checkpoint.ts';

/** What a batch has, or may have at most. */
export interface BatchSize {
  readonly files: number;
  readonly bytes: number;
}

/** Where two of Adobe's pages name different numbers, the smaller one. */
const maxBatchSize: BatchSize = { files: guardrails.filesPerBatch, bytes: guardrails.bytesPerBatch };

const count = z.int().nonnegative();

/** What each upload of a delivery came to, by the first of its parts: once it is done, or was the one too many. */
export const uploadSizesSchema = keptObject({
  version: formatVersion(1),
  uploads: z.record(z.string(), z.object({ files: count, bytes: count })),
});
type UploadSizesRecord = z.output<typeof uploadSizesSchema>;

function fits({ maxBatchSize: most = maxBatchSize }: LoadDeps, { files, bytes }: BatchSize): boolean {
  return files <= most.files && bytes <= most.bytes;
}

/**
 * Platform would fail a batch beyond its limits after hours of ingestion, and with other words.
 *
 * @throws {TerminalError} `batch_too_large`
 */
export function requireBatchSize(deps: LoadDeps, doing: string, size: BatchSize): void {
  if (fits(deps, size)) return;
  const { files, bytes } = size;
  const most = deps.maxBatchSize ?? maxBatchSize;
  throw new TerminalError(
    'batch_too_large',
    `${doing}: ${files} files with ${bytes} bytes, and a batch may have ${most.files} and ${most.bytes}; ` +
      'divide the project into several sources by mixpanel.events or mixpanel.where',
  );
}

/** Watches what a batch comes to, while one of its uploads is at work. */
export interface SizeWatch {
  /**
   * To be called before a file is put.
   *
   * @throws {TerminalError} `batch_too_large` when the batch would have more than Platform takes.
   */
  admit(file: readonly Buffer[]): Promise<void>;
  /** To be called once all files are put: uploads that come later take them into account. @throws as `admit` */
  close(): Promise<void>;
}

export interface SizeWatchOptions {
  /** What earlier invocations have put. */
  readonly from: BatchSize | undefined;
  /** The batch has no other upload. */
  readonly isOnly: boolean;
}

/**
 * A batch that is too large is found as soon as the uploads that are done, and the files of the one at work, are. What others
 * at work have put is not known: with them it is found when the next one ends, and by the join at the latest.
 */
export async function watchBatchSize(
  deps: LoadDeps,
  ref: UploadRef,
  { from, isOnly }: SizeWatchOptions,
): Promise<SizeWatch> {
  const doing = `uploading part ${ref.part}`;
  const others = isOnly ? none : sizeOf(await readJson(storedAt(deps, ref)), ref.part);
  let { files, bytes } = from ?? none;
  const note = async () => {
    const own = { files, bytes };
    return isOnly ? own : noteUpload(deps, ref, own);
  };
  return {
    async admit(file) {
      files += 1;
      bytes += file.reduce((sum, piece) => sum + piece.length, 0);
      if (fits(deps, added(others, { files, bytes }))) return;
      // Noted first: whoever comes after a crash, and finds the batch aborted, then says the same of it.
      requireBatchSize(deps, doing, await note());
    },
    close: async () => requireBatchSize(deps, doing, await note()),
  };
}

const none: BatchSize = { files: 0, bytes: 0 };

function added(one: BatchSize, other: BatchSize): BatchSize {
  return { files: one.files + other.files, bytes: one.bytes + other.bytes };
}

/** Noted again, it is the same. @returns what the delivery's uploads have come to so far. */
async function noteUpload(deps: LoadDeps, ref: UploadRef, size: BatchSize): Promise<BatchSize> {
  const record = await updateJson(storedAt(deps, ref), {
    fresh: (): UploadSizesRecord => ({ version: 1, uploads: {} }),
    change: (found) => ({ ...found, uploads: { ...found.uploads, [ref.part]: size } }),
    contended: (message) => new RetryableError('upload_sizes_contended', message),
  });
  return sizeOf(record);
}

/** @param exceptPart of the upload that does not count. */
function sizeOf(record: UploadSizesRecord | undefined, exceptPart?: number): BatchSize {
  const { [String(exceptPart)]: _, ...uploads } = record?.uploads ?? {};
  return Object.values(uploads).reduce(added, none);
}

function storedAt(deps: LoadDeps, { date, delivery }: UploadRef) {
  return {
    store: deps.store,
    key: uploadSizesKey({ source: deps.settings.id, date }, delivery),
    schema: uploadSizesSchema,
    what: "the sizes of a delivery's uploads",
  };
}
