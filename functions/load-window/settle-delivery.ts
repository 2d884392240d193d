import type { Delivery } from '../shared/ledger.ts';
import type { BatchReport } from '../shared/platform/batches.ts';
import { type ActiveEnding, closeDelivery, type Ending } from './delivery-ledger.ts';
import type { LoadDeps } from './load-deps.ts';
import { tooManyRejected } from './rejected-share.ts';

/** How long after its start a delivery's active batch may be without counts before it is judged without them. */
const countingMs = 3600_000;

/**
 * Brings an open delivery to its end, whatever state it was left in, by asking Platform: a batch not yet completed
 * is aborted, one that has ended gives the delivery its outcome.
 *
 * The order matters: the batch is aborted before the delivery is closed. From the abort on, no invocation that
 * still works on the delivery can make its rows visible; closed first, one of them could complete the batch unseen.
 *
 * @returns false while Platform is still ingesting the batch.
 */
export async function settleDelivery(
  deps: LoadDeps,
  date: string,
  delivery: Delivery,
  why: string,
): Promise<boolean> {
  // Without a recorded batch nothing can become visible: only a recorded batch is ever completed.
  const batch = delivery.batchId === null ? undefined : await deps.batches.get(delivery.batchId);
  if (batch?.phase === 'ingesting') return false;
  // Active, and not counted yet: the confirmation waits for the counts, for as long as it takes to ask a few times.
  const isFresh = deps.clock() - Date.parse(delivery.startedAt) < countingMs;
  if (batch?.phase === 'active' && batch.accepted === undefined && isFresh) return false;
  if (batch?.phase === 'open' && !(await deps.batches.abort(batch.id))) return false;
  // Catalog may not show a batch yet that Batch Ingestion has already made.
  if (batch === undefined && delivery.batchId !== null) await deps.batches.abort(delivery.batchId);
  const { maxRejectedPercent } = deps.settings.platform;
  const ending: Ending =
    batch?.phase === 'active'
      ? judgeActiveBatch(delivery, batch, maxRejectedPercent)
      : { state: 'failed', error: why };
  await deps.ledgers.update({ source: deps.settings.id, date }, (ledger) =>
    closeDelivery(ledger, delivery.id, ending, deps.clock()),
  );
  return true;
}

/**
 * A batch that is active counts as delivered only if Platform's own counts account for every row sent, and if what it
 * refused, together with what we had rejected, is not more than allowed. Its rows are in the dataset either way, and it
 * has taken the place of the batch before it: only another delivery of the window can do better.
 */
export function judgeActiveBatch(
  delivery: Delivery,
  batch: BatchReport,
  maxRejectedPercent: number,
): ActiveEnding {
  const { mapped, rejected, received, duplicates } = delivery;
  const accepted = batch.accepted ?? 0;
  if (accepted + batch.failed !== mapped) {
    return {
      state: 'failed',
      active: true,
      // The counts must add up in a closed delivery; what Platform said instead is in the error.
      accepted: Math.min(accepted, mapped),
      failed: mapped - Math.min(accepted, mapped),
      error: `Platform counts ${accepted} accepted and ${batch.failed} failed rows in batch ${batch.id}, but ${mapped} were sent`,
    };
  }
  const counts = { accepted, failed: batch.failed };
  const share = { rejected, failed: batch.failed, kept: received - duplicates };
  const error = tooManyRejected(share, maxRejectedPercent);
  if (error !== undefined) return { state: 'rejected', active: true, error, ...counts };
  return { state: 'delivered', ...counts };
}
