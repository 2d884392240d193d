import * as z from 'zod';
import { formatVersion, keptObject } from './stored-format.ts';

const count = z.int().nonnegative();

export const windowStates = [
  'exporting',
  'exported',
  'loading',
  'delivered',
  'unchanged',
  'empty',
  'rejected',
  'failed',
] as const;
export type WindowState = (typeof windowStates)[number];

/** One attempt to deliver a run. Closed once `completedAt` is set; only the newest may be open. */
export const deliverySchema = keptObject({
  /** Names the delivery in checkpoints, messages and the batch's externalId; sorts by time. */
  id: z.string(),
  run: z.string(),
  /** The window message that asked for it. */
  request: z.string(),
  reason: z.string().nullable(),
  startedAt: z.iso.datetime(),
  completedAt: z.iso.datetime().nullable(),
  received: count,
  duplicates: count,
  filtered: count,
  rejected: count,
  mapped: count,
  accepted: count,
  failed: count,
  batchId: z.string().nullable(),
  /** Batches of earlier deliveries that this one takes the place of. */
  replaces: z.array(z.string()),
  contentHash: z.string(),
  mappingHash: z.string(),
  datasetId: z.string(),
  /** While open: the confirmation that gave the alarm that Platform does not decide. Later ones give none. */
  stalledPoll: count.optional(),
  error: z.string().optional(),
});
export type Delivery = z.output<typeof deliverySchema>;

/** How many closed deliveries a ledger keeps (contract: the last 50). */
export const maxDeliveries = 50;

/** Durable state of one window. */
export const ledgerSchema = keptObject({
  version: formatVersion(1),
  source: z.string(),
  date: z.string(),
  state: z.enum(windowStates),
  activeBatch: z.string().nullable(),
  activeContentHash: z.string().nullable(),
  mappingHash: z.string().nullable(),
  deliveries: z.array(deliverySchema).max(maxDeliveries),
  /** The newest complete run and the message that it answered, so that a repeated message does not export again. */
  exported: keptObject({ run: z.string(), request: z.string(), at: z.iso.datetime() }).nullable(),
  /** The run that is being exported in slices, and the message that it answers; null where there is none. */
  slicing: keptObject({ run: z.string(), request: z.string() }).nullable().default(null),
  /** Why the window is `failed` or `rejected`. */
  error: z.string().nullable(),
  updatedAt: z.iso.datetime(),
});
export type Ledger = z.output<typeof ledgerSchema>;
