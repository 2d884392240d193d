import { hash } from 'node:crypto';
import * as z from 'zod';
import { RetryableError } from '../../functions/shared/errors.ts';
import { forgetRecordKey } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { formatVersion, keptObject } from '../../functions/shared/stored-format.ts';
import { updateJson } from '../../functions/shared/stored-json.ts';

const count = z.int().nonnegative();
const instant = z.iso.datetime();

const rewrittenSchema = keptObject({
  date: z.string(),
  run: z.string(),
  /** The run that holds the lines that were kept. */
  replacedBy: z.string(),
  removed: count,
  kept: count,
  /** Whether the window was asked to be delivered again; false for runs that were not its newest, and for streaming. */
  reloaded: z.boolean(),
  at: instant,
});
export type RewrittenRun = z.output<typeof rewrittenSchema>;

const workOrderSchema = keptObject({
  id: z.string(),
  dataset: z.string(),
  namespace: z.string(),
  /** How many texts were asked to be deleted. */
  ids: count,
  at: instant,
});
export type FiledOrder = z.output<typeof workOrderSchema>;

/** The evidence of one list of ids: what was done about it, and no id. */
export const forgetRecordSchema = keptObject({
  version: formatVersion(1),
  source: z.string(),
  id: z.string(),
  reason: z.string().nullable(),
  startedAt: instant,
  /** When the archive was last found to hold nobody on the list; null until it was. */
  completedAt: instant.nullable(),
  /** Of the ids asked for. With the key in forgotten.json it can be told of an id whether it was among them. */
  digests: z.array(z.string()),
  runs: z.array(rewrittenSchema),
  /** Remains of runs, and rejected records without their run, that were deleted. */
  deleted: z.array(keptObject({ date: z.string(), run: z.string(), at: instant })),
  workOrders: z.array(workOrderSchema),
});
export type ForgetRecord = z.output<typeof forgetRecordSchema>;

/** The record of a list of ids is the same however often the command is run with it. */
export function recordId(digests: readonly string[]): string {
  return hash('sha256', [...digests].sort().join('\n')).slice(0, 16);
}

export interface ForgetRecordStore {
  readonly key: string;
  /** Changes the record by a pure function, against whatever other writers do meanwhile. */
  update(change: (record: ForgetRecord) => ForgetRecord): Promise<ForgetRecord>;
}

interface NewRecord extends Pick<ForgetRecord, 'source' | 'digests' | 'reason'> {
  readonly store: ObjectStore;
  readonly clock: () => number;
}

export function createForgetRecord({ store, clock, ...about }: NewRecord): ForgetRecordStore {
  const id = recordId(about.digests);
  const key = forgetRecordKey(about.source, id);
  return {
    key,
    update: (change) =>
      updateJson(
        { store, key, schema: forgetRecordSchema, what: 'the record of forgetting' },
        {
          fresh: (): ForgetRecord => ({
            version: 1,
            ...about,
            id,
            startedAt: new Date(clock()).toISOString(),
            completedAt: null,
            runs: [],
            deleted: [],
            workOrders: [],
          }),
          change,
          contended: (message) => new RetryableError('record_contended', message),
        },
      ),
  };
}

/** Notes a run once, however often it is told. */
export function withRun(record: ForgetRecord, run: RewrittenRun): ForgetRecord {
  const others = record.runs.filter((one) => one.date !== run.date || one.run !== run.run);
  return { ...record, runs: [...others, run] };
}
