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
/** From then on: as long as SQS lets a message sleep. A question every quarter of an hour costs nothing, for weeks. */
const stalledPauseMs = 900_000;
/** Of a batch that Platform has not decided on within a day. */
export const stalledCode = 'batch_stalled';
/** A batch may be shown as active moments before it is counted. */
const maxPollsWithoutCounts = 6;

/** How long to wait before asking Platform for the nth time (from 0). */
export function confirmPauseMs(poll: number): number {
  return pausesMs[Math.min(poll, pausesMs.length - 1)] ?? 0;
}

/** Has Platform asked how a delivery's completed batch fares, from now on until it has decided. */
export async function beginConfirming(deps: LoadDeps, date: string, delivery: Delivery): Promise<void> {
  const { id, run, stalledPoll } = delivery;
  // Where the alarm was given already, another way of asking gives none.
  const poll = stalledPoll === undefined ? 0 : stalledPoll + 1;
  const message: ConfirmMessage = { version: 1, type: 'confirm', date, run, delivery: id, poll };
  await deps.loadQueue.send(message, { delaySeconds: confirmPauseMs(0) / 1000 });
}

/**
 * After the alarm that Platform does not decide: it is asked on, since its outcome counts however late it comes. Called
 * before the alarm is recorded, so that whoever finds it recorded knows that somebody asks on.
 */
export async function confirmLater(
  deps: LoadDeps,
  message: ConfirmMessage,
  { stalledPoll }: Delivery,
): Promise<void> {
  if (stalledPoll === undefined) await askLater(deps, message, stalledPauseMs);
}

export interface ReceivedConfirm {
  readonly message: ConfirmMessage;
  /** Whether it was received before. */
  readonly isRepeated: boolean;
}

/**
 * Asks Platform once how a completed batch fares; closes the delivery when Platform has decided, asks again later
 * when it has not. Completing a batch was only accepted; this is where a window becomes `delivered`.
 *
 * @throws {TerminalError} when the batch failed, stalled, or was taken away by someone else.
 */
export async function confirmDelivery(
  deps: LoadDeps,
  { message, isRepeated }: ReceivedConfirm,
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
  if (batch === undefined || !isDecided(batch, message.poll))
    return askAgain(deps, { message, isRepeated }, delivery);
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

/**
 * Asks again after a pause. When a day has passed, one confirmation gives the alarm: it is given up, and a dead letter
 * tells of it. What must tell once more when it is received again, as its function died before the dead letter was sent,
 * is known by its poll; those that ask on have later ones.
 */
async function askAgain(
  deps: LoadDeps,
  { message, isRepeated }: ReceivedConfirm,
  { batchId, startedAt, stalledPoll }: Delivery,
): Promise<void> {
  const { poll } = message;
  const isLate = deps.clock() - Date.parse(startedAt) > maxIngestionMs;
  if (!isLate) return askLater(deps, message, confirmPauseMs(poll + 1));
  if (stalledPoll !== undefined && poll > stalledPoll) return askLater(deps, message, stalledPauseMs);
  if (stalledPoll === undefined || isRepeated)
    throw new TerminalError(stalledCode, `batch ${batchId} was not ingested within a day`);
  deps.log.info('Load:Confirm:Superseded', { window: message.date, run: message.run, poll });
}

async function askLater(deps: LoadDeps, message: ConfirmMessage, pauseMs: number): Promise<void> {
  await deps.loadQueue.send({ ...message, poll: message.poll + 1 }, { delaySeconds: pauseMs / 1000 });
}
