import { ConnectorError } from '../shared/errors.ts';
import type { Delivery } from '../shared/ledger.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { ConfirmMessage } from '../shared/messages.ts';
import { confirmPauseMs } from './confirm-delivery.ts';
import {
  closeDelivery,
  currentDelivery,
  type DeliveryCounts,
  keptRecords,
  recordCounts,
} from './delivery-ledger.ts';
import type { LoadDeps } from './load-deps.ts';
import { readAllCheckpoints } from './part-checkpoint.ts';
import { tooManyRejected } from './rejected-share.ts';
import { withdrawDelivery } from './withdraw-delivery.ts';

/**
 * Called after every part: whoever finds that all parts are in the batch completes it. Several may find so at once;
 * each step is safe to repeat.
 */
export async function joinDelivery(deps: LoadDeps, delivery: Delivery, manifest: Manifest): Promise<void> {
  const window = { source: deps.settings.id, date: manifest.date };
  const checkpoints = await readAllCheckpoints(
    deps,
    { date: manifest.date, delivery: delivery.id },
    manifest,
  );
  if (checkpoints === undefined) return;
  const counts = checkpoints.reduce<DeliveryCounts>(
    (sum, part) => ({
      filtered: sum.filtered + part.filtered,
      rejected: sum.rejected + part.rejected,
      mapped: sum.mapped + part.mapped,
    }),
    { filtered: 0, rejected: 0, mapped: 0 },
  );
  requireAllAccounted(manifest, counts);
  const ledger = await deps.ledgers.update(window, (current) =>
    recordCounts(current, delivery.id, manifest, counts),
  );
  const current = currentDelivery(ledger, delivery.id);
  if (current === undefined || current.batchId === null) return;

  const share = { rejected: counts.rejected, failed: 0, kept: keptRecords(manifest) };
  const tooMany = tooManyRejected(share, deps.settings.platform.maxRejectedPercent);
  if (tooMany !== undefined) {
    await deps.batches.abort(current.batchId);
    await deps.ledgers.update(window, (latest) =>
      closeDelivery(latest, delivery.id, { state: 'rejected', error: tooMany }, deps.clock()),
    );
    deps.metrics.count('WindowsRejected');
    deps.log.error('Load:Window:Rejected', { window: window.date, run: delivery.run, ...counts });
    return;
  }
  if (counts.mapped === 0) return withdrawDelivery(deps, window, current, 'delivered');
  await deps.batches.complete(current.batchId);
  const message: ConfirmMessage = {
    version: 1,
    type: 'confirm',
    date: window.date,
    run: delivery.run,
    delivery: delivery.id,
    poll: 0,
  };
  await deps.loadQueue.send(message, { delaySeconds: confirmPauseMs(0) / 1000 });
  deps.log.info('Load:Batch:Completed', {
    window: window.date,
    run: delivery.run,
    batch: current.batchId,
    ...counts,
  });
}

/** Nothing is dropped silently: a difference is a defect of ours, and must not reach the dataset as success. */
function requireAllAccounted(manifest: Manifest, counts: DeliveryCounts): void {
  const accounted = counts.filtered + counts.rejected + counts.mapped;
  if (accounted === keptRecords(manifest)) return;
  throw new ConnectorError(
    'lines_unaccounted',
    `joining the parts: ${accounted} lines accounted for, ${keptRecords(manifest)} expected`,
    false,
  );
}
