import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { outcomeFaultSchema } from './faults.ts';

/** Every status that a batch of the simulator can have. */
export const batchStatuses = [
  'loading',
  'loaded',
  'staging',
  'staged',
  'retrying',
  'stalled',
  'success',
  'failed',
  'aborted',
  'abandoned',
  'inactive',
  'deleted',
] as const;

/** One of them. `success`, `failed`, `stalled`, `aborted`, `abandoned` and `inactive` last until someone acts. */
export type BatchStatus = (typeof batchStatuses)[number];

const batchErrorSchema = z.strictObject({
  code: z.string(),
  description: z.string(),
  recordCount: z.int().optional(),
});

/** One entry of a batch's error list. */
export type BatchError = z.output<typeof batchErrorSchema>;

/** What is kept of a batch, beside its files. Times are milliseconds since 1970. */
export const batchSchema = z.strictObject({
  id: z.string(),
  datasetId: z.string(),
  status: z.enum(batchStatuses),
  origin: z.enum(['batch', 'streaming']),
  externalId: z.string(),
  created: z.number(),
  updated: z.number(),
  started: z.number().optional(),
  completed: z.number().optional(),
  format: z.string(),
  isMultiLineJson: z.boolean(),
  replay: z
    .strictObject({
      predecessors: z.array(z.string()),
      predecessorsByExternalId: z.array(z.string()).optional(),
      reason: z.string(),
    })
    .optional(),
  tags: z.record(z.string(), z.array(z.string())),
  diagnostics: z.boolean(),
  partialIngestionPercent: z.number().optional(),
  errors: z.array(batchErrorSchema),
  metrics: z.record(z.string(), z.number()),
  outcome: outcomeFaultSchema.optional(),
  /** Place in the order in which batches became active; the first writer of an `_id` wins in Profile. */
  activation: z.int().optional(),
});

/** A batch as it is stored. Never changed in place: the store replaces it. */
export type Batch = z.output<typeof batchSchema>;

const base32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** An id in the form of Platform's own: 26 characters that sort by time. */
export function newBatchId(now: number): string {
  let text = '';
  for (let rest = now, digit = 0; digit < 10; digit += 1) {
    text = `${base32[rest % 32]}${text}`;
    rest = Math.floor(rest / 32);
  }
  return text + Array.from(randomBytes(16), (byte) => base32[byte % 32]).join('');
}
