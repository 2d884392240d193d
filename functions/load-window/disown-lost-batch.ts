import type { DeliverMessage } from '../shared/messages.ts';
import type { BatchReport } from '../shared/platform/batches.ts';
import { scheduleReason } from '../shared/schedule.ts';
import { disownBatch } from './delivery-ledger.ts';
import { type LoadDeps, runOf } from './load-deps.ts';

/**
 * Asks Platform whether the batch of a window that seems to be delivered still stands; where it does not, has the ledger
 * say so. Only for requests that somebody made: the schedule would bring back each morning what was deleted on purpose.
 *
 * @returns whether the window has to be delivered after all.
 */
export async function disownLostBatch(deps: LoadDeps, message: DeliverMessage): Promise<boolean> {
  if (message.reason === scheduleReason) return false;
  const run = runOf(deps, message);
  const { activeBatch, deliveries } = await deps.ledgers.read(run);
  if (activeBatch === null) return false;
  const batch = await deps.batches.get(activeBatch);
  const accepted = deliveries.find(({ batchId }) => batchId === activeBatch)?.accepted;
  if (stands(batch, accepted)) return false;
  const isActive = batch?.phase === 'active';
  await deps.ledgers.update(run, (ledger) => disownBatch(ledger, activeBatch, isActive));
  deps.log.warn('Load:Batch:Lost', {
    window: run.date,
    run: run.run,
    batch: activeBatch,
    status: batch?.status,
    accepted: batch?.accepted,
  });
  return true;
}

/** A status that is no end says nothing against the batch, and neither do counts that Platform does not name. */
function stands(batch: BatchReport | undefined, accepted: number | undefined): boolean {
  switch (batch?.phase) {
    case undefined:
    case 'withdrawn':
    case 'failed':
    case 'stalled':
      return false;
    case 'active':
      return batch.accepted === undefined || accepted === undefined || batch.accepted === accepted;
    default:
      return true;
  }
}
