import { describeError } from '../shared/errors.ts';
import type { DeliverMessage } from '../shared/messages.ts';
import type { BatchReport } from '../shared/platform/batches.ts';
import { scheduleReason } from '../shared/schedule.ts';
import { disownBatch } from './delivery-ledger.ts';
import { type LoadDeps, runOf } from './load-deps.ts';

/**
 * Asks Platform whether the batch of a window that seems to be delivered was withdrawn since; where it was, has the
 * ledger say so. Only for requests that somebody made: the schedule would bring back each morning what was deleted on
 * purpose.
 *
 * Rows that are there already and come once more are worse than rows that are missing and are told of by a
 * reconciliation. So nothing less than Catalog's own word counts: a batch that it does not show may have rows, and other
 * counts may be the work of record deletes.
 *
 * @returns whether the window has to be delivered after all.
 */
export async function disownLostBatch(deps: LoadDeps, message: DeliverMessage): Promise<boolean> {
  if (message.reason === scheduleReason) return false;
  const run = runOf(deps, message);
  const { activeBatch } = await deps.ledgers.read(run);
  if (activeBatch === null) return false;
  const where = { window: run.date, run: run.run, batch: activeBatch };
  const batch = await askFor(deps, activeBatch, where);
  if (batch?.phase !== 'withdrawn') return false;
  await deps.ledgers.update(run, (ledger) => disownBatch(ledger, activeBatch));
  deps.log.warn('Load:Batch:Lost', { ...where, status: batch.status });
  return true;
}

/** The window is as it should be by all that is known, and stays so when Platform can't be asked. */
async function askFor(
  deps: LoadDeps,
  batchId: string,
  where: Readonly<Record<string, string>>,
): Promise<BatchReport | undefined> {
  try {
    return await deps.batches.get(batchId);
  } catch (error) {
    deps.log.warn('Load:Batch:NotAsked', { ...where, error: describeError(error) });
    return undefined;
  }
}
