import {
  type Backfill,
  type BackfillRange,
  backfillSchema,
  beginBackfill,
  switchBackfill,
} from './backfill.ts';
import { ConfigError, describeError, RetryableError, TerminalError } from './errors.ts';
import { type BackfillRef, backfillKey, backfillPrefix } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { createJson, readJson, type StoredJson, updateJson } from './stored-json.ts';
import type { SeparateReads } from './unreadable.ts';

/** The records of a source's backfills. */
export interface BackfillStore {
  /** The record of a request; begun now where there is none. */
  begin(ref: BackfillRef, range: BackfillRange): Promise<Backfill>;
  /**
   * Changes a record by a pure function, which is called again with what other writers wrote meanwhile.
   *
   * @throws {TerminalError} `backfill_missing` when there is no such backfill.
   */
  update(ref: BackfillRef, change: (backfill: Backfill) => Backfill): Promise<Backfill>;
  /** The record of a request; undefined where nobody has begun it. */
  read(ref: BackfillRef): Promise<Backfill | undefined>;
  /** Every backfill of a source, the newest first. @param reads notes records that can't be read, instead of an error. */
  list(source: string, reads?: SeparateReads): Promise<Backfill[]>;
}

/** Thrown where a record was edited into something that can't be read; its range is not worked off until it can. */
export const unreadableBackfill = 'backfill_unreadable';

/** Backfill records as objects of the archive bucket, written only if unchanged since they were read. */
export function createBackfillStore(store: ObjectStore, clock: () => number): BackfillStore {
  return {
    begin: (ref, range) =>
      readable(() => createJson(recordOf(store, ref), beginBackfill(ref, range, clock()))),
    update: (ref, change) =>
      readable(() =>
        updateJson(recordOf(store, ref), {
          fresh: () => {
            const what = `source ${ref.source} has no backfill ${ref.request}`;
            throw new TerminalError('backfill_missing', what);
          },
          change: (backfill) => {
            const changed = change(backfill);
            return changed === backfill
              ? backfill
              : { ...changed, updatedAt: new Date(clock()).toISOString() };
          },
          contended: (message) => new RetryableError('backfill_contended', message),
        }),
      ),
    read: (ref) => readable(() => readJson(recordOf(store, ref))),
    async list(source, reads) {
      const found: Backfill[] = [];
      for await (const { key } of store.list(backfillPrefix(source))) {
        const read = () => readJson(recordAt(store, key));
        const backfill = await (reads === undefined ? readable(read) : reads.read(key, read));
        if (backfill !== undefined) found.push(backfill);
      }
      return found.sort((one, other) => other.startedAt.localeCompare(one.startedAt));
    },
  };
}

/** Lets a backfill rest from its next window on: its message stays in the queue, and no query is spent. */
export function pauseBackfill(backfills: BackfillStore, ref: BackfillRef): Promise<Backfill> {
  return backfills.update(ref, (backfill) => switchBackfill(backfill, 'paused'));
}

/** Lets a paused backfill go on where it was, within the quarter of an hour that its message may be asleep. */
export function resumeBackfill(backfills: BackfillStore, ref: BackfillRef): Promise<Backfill> {
  return backfills.update(ref, (backfill) => switchBackfill(backfill, 'running'));
}

/** Ends a backfill after the window that it is at, for good. What was exported stays, and is delivered. */
export function cancelBackfill(backfills: BackfillStore, ref: BackfillRef): Promise<Backfill> {
  return backfills.update(ref, (backfill) => switchBackfill(backfill, 'cancelled'));
}

/** Every backfill of a source, the newest first. @param reads notes records that can't be read, instead of an error. */
export function listBackfills(
  backfills: BackfillStore,
  source: string,
  reads?: SeparateReads,
): Promise<Backfill[]> {
  return backfills.list(source, reads);
}

function recordOf(store: ObjectStore, ref: BackfillRef) {
  return recordAt(store, backfillKey(ref));
}

function recordAt(store: ObjectStore, key: string): StoredJson<typeof backfillSchema> {
  return { store, key, schema: backfillSchema, what: 'the backfill' };
}

/** Records are edited by hand: a slip must not be taken for a wrong message. */
async function readable<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new TerminalError(unreadableBackfill, describeError(error), { cause: error });
  }
}
