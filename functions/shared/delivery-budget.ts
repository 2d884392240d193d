import * as z from 'zod';
import { DeferredError } from './errors.ts';
import { deliveryBudgetKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { dailyBackfillBatches, guardrails } from './platform/guardrails.ts';
import { formatVersion, keptObject } from './stored-format.ts';
import { readJson, updateJson } from './stored-json.ts';

/** A day and an hour as Adobe may count them: any 24 hours, any hour, and a minute for what arrives a little later. */
const marginMs = 60_000;
const dayMs = 24 * 3_600_000 + marginMs;
const hourMs = 3_600_000 + marginMs;
const minuteMs = 60_000;
/** A deferred delivery comes back up to this much later than its turn, so that waiting ones don't come all at once. */
const spreadMs = 30_000;

/** What was spent of a sandbox's guardrails. */
export const deliveryBudgetSchema = keptObject({
  version: formatVersion(1),
  /** The batches of the last day, oldest first. */
  batches: z.array(keptObject({ id: z.string(), at: z.number() })),
  /** Bytes uploaded in the last hour, by the minute in which they were begun, oldest first. */
  uploads: z.array(keptObject({ at: z.number(), bytes: z.number() })),
});
type Budget = z.output<typeof deliveryBudgetSchema>;

/** What all sources of a stack that deliver into one sandbox share, so that Adobe's guardrails are kept. */
export interface DeliveryBudget {
  /**
   * Counts a batch that is about to be opened, once for each id. Only backfill waits for the day's budget, and it leaves
   * room for the daily windows, which never wait for it: late is worse than beyond what Adobe advises.
   *
   * @throws {DeferredError} `batch_budget_exhausted` with the time until the batch may be opened.
   */
  reserveBatch(id: string, kind: 'daily' | 'backfill'): Promise<void>;
  /**
   * Counts bytes that are about to be uploaded.
   *
   * @throws {DeferredError} `upload_budget_exhausted` with the time until they may be.
   */
  reserveBytes(bytes: number): Promise<void>;
  /** Counts bytes that were uploaded beyond what was reserved. */
  addBytes(bytes: number): Promise<void>;
}

interface BudgetOptions {
  /** Names the sandbox. */
  readonly sandbox: string;
  readonly dailyBatchBudget: number;
  /** Batches a day that backfill leaves alone: one for each window that the sandbox's schedules deliver. */
  readonly dailyReserve: number;
  readonly clock: () => number;
  readonly random?: () => number;
}

/** How many batches were opened in a sandbox in the last day, by all sources of the stack, for those who only look. */
export async function readBatchesOpened(store: ObjectStore, sandbox: string, nowMs: number): Promise<number> {
  const budget = await readJson({ store, ...storedAt(sandbox) });
  return budget?.batches.filter(({ at }) => at > nowMs - dayMs).length ?? 0;
}

function storedAt(sandbox: string) {
  return { key: deliveryBudgetKey(sandbox), schema: deliveryBudgetSchema, what: 'the delivery budget' };
}

/** A rolling day of batches and a rolling hour of bytes, kept in the archive bucket. */
export function createDeliveryBudget(store: ObjectStore, options: BudgetOptions): DeliveryBudget {
  const json = { store, ...storedAt(options.sandbox) };
  const random = options.random ?? Math.random;
  const backfillBatches = dailyBackfillBatches(options.dailyBatchBudget, options.dailyReserve);
  const update = (change: (budget: Budget, nowMs: number) => Budget) =>
    updateJson(json, {
      fresh: (): Budget => ({ version: 1, batches: [], uploads: [] }),
      change: (budget) => change(budget, options.clock()),
      contended: (message) => new DeferredError('budget_contended', message, spreadMs * random()),
    });
  const wait = (code: string, what: string, waitMs: number) =>
    new DeferredError(code, what, waitMs + spreadMs * random());

  return {
    async reserveBatch(id, kind) {
      await update((budget, nowMs) => {
        if (budget.batches.some((batch) => batch.id === id)) return budget;
        const batches = budget.batches.filter(({ at }) => at > nowMs - dayMs);
        const ofDay = kind === 'backfill' ? batches.at(-backfillBatches) : undefined;
        const ofMinute = batches.at(-guardrails.batchesPerMinute);
        const waitMs = Math.max(
          ofDay === undefined ? 0 : ofDay.at + dayMs - nowMs,
          ofMinute === undefined ? 0 : ofMinute.at + minuteMs - nowMs,
        );
        const what = 'opening a batch: it must wait for the budget of the sandbox';
        if (waitMs > 0) throw wait('batch_budget_exhausted', what, waitMs);
        return { ...budget, batches: [...batches, { id, at: nowMs }] };
      });
    },
    async reserveBytes(bytes) {
      await update((budget, nowMs) => {
        const uploads = budget.uploads.filter(({ at }) => at > nowMs - hourMs);
        const waitMs = waitForRoom(uploads, bytes, nowMs);
        const what = 'uploading rows: they must wait for the hourly limit of the sandbox';
        if (waitMs > 0) throw wait('upload_budget_exhausted', what, waitMs);
        return { ...budget, uploads: withBytes(uploads, bytes, nowMs) };
      });
    },
    async addBytes(bytes) {
      if (bytes > 0)
        await update((budget, nowMs) => ({ ...budget, uploads: withBytes(budget.uploads, bytes, nowMs) }));
    },
  };
}

function withBytes(uploads: Budget['uploads'], bytes: number, nowMs: number): Budget['uploads'] {
  const at = nowMs - (nowMs % minuteMs);
  const last = uploads.at(-1);
  if (last?.at !== at) return [...uploads, { at, bytes }];
  return [...uploads.slice(0, -1), { at, bytes: last.bytes + bytes }];
}

/** Milliseconds until so many more bytes keep within the hour's limit; 0 when they do now. */
function waitForRoom(uploads: Budget['uploads'], bytes: number, nowMs: number): number {
  let used = uploads.reduce((sum, upload) => sum + upload.bytes, 0);
  for (const upload of uploads) {
    if (used + bytes <= guardrails.bytesPerHour) return 0;
    used -= upload.bytes;
    if (used + bytes <= guardrails.bytesPerHour) return Math.max(0, upload.at + hourMs - nowMs);
  }
  return 0;
}
