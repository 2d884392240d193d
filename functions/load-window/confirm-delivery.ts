import { TerminalError } from '../shared/errors.ts';
import type { Delivery } from '../shared/ledger.ts';
import type { ConfirmMessage } from '../shared/messages.ts';
import type { BatchReport } from '../shared/platform/batches.ts';
import { type ActiveEnding, closeDelivery, deliveryOf } from './delivery-ledger.ts';
import { keepRefusedRows } from './keep-refused-rows.ts';
import { type LoadDeps, runOf } from './load-deps.ts';
import { measureRecords, openMs } from './measure-delivery.ts';
import { judgeActiveBatch } from './settle-delivery.ts';

/** Small batches are ingested in seconds, large ones in an hour: the pauses grow, up to five minutes. */
const pausesMs = [2, 3, 5, 8, 15, 30, 60, 120, 300].map((seconds) => seconds * 1000);
/** Platform states no bound. After a day a person should look. */
const maxIngestionMs = 24 * 3600_000;
/** A batch may be shown as active moments before it is counted. */
const maxPollsWithoutCounts = 6;

/** How long to wait before asking Platform for the nth time (from 0). */
export function confirmPauseMs(poll: number): number {
  return pausesMs[Math.min(poll, pausesMs.length - 1)] ?? 0;
}

/**
 * Asks Platform once how a completed batch fares; closes the delivery when Platform has decided, asks again later
 * when it has not. Completing a batch was only accepted; this is where a window becomes `delivered`.
 *
 * @throws {TerminalError} when the batch failed, stalled, or was taken away by someone else.
 */
export async function confirmDelivery(
  deps: LoadDeps,
  message: ConfirmMessage,
  signal: AbortSignal,
): Promise<void> {
  const run = runOf(deps, message);
  const delivery = deliveryOf(await deps.ledgers.read(run), message);
  if (delivery === undefined || delivery.batchId === null) {
    deps.log.info('Load:Delivery:Closed', { window: run.date, run: run.run, delivery: message.delivery });
    return;
  }
  const batch = await deps.batches.get(delivery.batchId);
  deps.log.info('Load:Batch:Polled', {
    window: run.date,
    run: run.run,
    batch: delivery.batchId,
    status: batch?.status,
    poll: message.poll,
  });
  if (batch === undefined || !isDecided(batch, message.poll)) return askAgain(deps, message, delivery);
  // Before the outcome is recorded: afterwards, a repeated message would find nothing to do.
  if (batch.phase !== 'withdrawn') await keepRefusedRows(deps, run, batch, signal);
  if (batch.phase !== 'active') {
    throw new TerminalError(
      'batch_failed',
      `batch ${batch.id} ended as ${batch.status}: ${batch.errors.join('; ') || 'Platform gives no reason'}`,
    );
  }
  const ending = judgeActiveBatch(delivery, batch, deps.settings.platform.maxRejectedPercent);
  await deps.ledgers.update(run, (ledger) => closeDelivery(ledger, delivery.id, ending, deps.clock()));
  deps.log.info('Load:Window:Closed', {
    window: run.date,
    run: run.run,
    state: ending.state,
    accepted: batch.accepted,
    failed: batch.failed,
    ms: openMs(deps, delivery),
  });
  measureOutcome(deps, delivery, ending);
  if (ending.state === 'failed') throw new TerminalError('counts_differ', ending.error);
}

function measureOutcome({ metrics }: LoadDeps, delivery: Delivery, ending: ActiveEnding): void {
  // Counts that differ say nothing about records.
  if (ending.state === 'failed') return;
  metrics.count(ending.state === 'rejected' ? 'WindowsRejected' : 'WindowsDelivered');
  const { accepted: delivered, failed } = ending;
  measureRecords(metrics, { ...delivery, rejected: delivery.rejected + failed, delivered });
}

function isDecided(batch: BatchReport, poll: number): boolean {
  if (batch.phase === 'active') return batch.accepted !== undefined || poll >= maxPollsWithoutCounts;
  return batch.phase === 'failed' || batch.phase === 'stalled' || batch.phase === 'withdrawn';
}

async function askAgain(deps: LoadDeps, message: ConfirmMessage, delivery: Delivery): Promise<void> {
  if (deps.clock() - Date.parse(delivery.startedAt) > maxIngestionMs) {
    throw new TerminalError('batch_stalled', `batch ${delivery.batchId} was not ingested within a day`);
  }
  const poll = message.poll + 1;
  await deps.loadQueue.send({ ...message, poll }, { delaySeconds: confirmPauseMs(poll) / 1000 });
}
