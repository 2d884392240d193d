import * as z from 'zod';
import { type Ledger, windowStates } from './ledger.ts';
import { scheduleReason } from './schedule.ts';
import { summarizeWindow } from './window-summary.ts';

const count = z.int().nonnegative();

/** What `status` says of one window: its summary, and why it is as it is. */
export const windowDigestSchema = z.object({
  summary: z.object({
    date: z.string(),
    state: z.enum(windowStates),
    received: count,
    duplicates: count,
    filtered: count,
    rejected: count,
    accepted: count,
    batchId: z.string().nullable(),
    completedAt: z.string().nullable(),
  }),
  updatedAt: z.string(),
  error: z.string().nullable(),
  /** Whether the schedule has ever had it delivered. */
  scheduled: z.boolean(),
  /** Whether a batch of it is active, whatever became of its newest run. */
  stands: z.boolean(),
  /** The earliest moment of which the ledger still tells. */
  begunAt: z.string(),
});
export type WindowDigest = z.output<typeof windowDigestSchema>;

export function digestOf(ledger: Ledger): WindowDigest {
  return {
    summary: summarizeWindow(ledger),
    updatedAt: ledger.updatedAt,
    error: ledger.error,
    scheduled: ledger.deliveries.some(({ reason }) => reason === scheduleReason),
    stands: ledger.activeBatch !== null,
    begunAt: [ledger.updatedAt, ...ledger.deliveries.map(({ startedAt }) => startedAt)].sort()[0] ?? '',
  };
}
