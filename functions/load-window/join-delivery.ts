import { ConnectorError } from '../shared/errors.ts';
import type { Delivery } from '../shared/ledger.ts';
import type { Manifest } from '../shared/manifest.ts';
import { requireBatchSize } from './batch-size.ts';
import { closeStreamed } from './close-streamed.ts';
import { beginConfirming } from './confirm-delivery.ts';
import {
  closeDelivery,
  currentDelivery,
  type DeliveryCounts,
  keptRecords,
  recordCounts,
} from './delivery-ledger.ts';
import type { LoadDeps } from './load-deps.ts';
import { measureRecords, openMs } from './measure-delivery.ts';
import { tooManyRejected } from './rejected-share.ts';
import { reportProperties } from './report-properties.ts';
import { sumCheckpoints } from './upload-checkpoint.ts';
import { uploadsOf } from './upload-plan.ts';
import { withdrawDelivery } from './withdraw-delivery.ts';

/**
 * Called after every upload: whoever finds that all are in the batch completes it. Several may find so at once; each
 * step is safe to repeat.
 *
 * @throws {TerminalError} `batch_too_large` when the batch has more than Platform takes, and no upload has found it.
 */
export async function joinDelivery(deps: LoadDeps, delivery: Delivery, manifest: Manifest): Promise<void> {
  const window = { source: deps.settings.id, date: manifest.date };
  const sum = await sumCheckpoints(
    deps,
    { date: manifest.date, delivery: delivery.id },
    uploadsOf(manifest, deps.sizes).map(([first = 0]) => first),
  );
  if (sum === undefined) return;
  const { counts, properties } = sum;
  if (delivery.batchId !== null) requireBatchSize(deps, 'joining the uploads', sum);
  requireAllAccounted(manifest, counts);
  const ledger = await deps.ledgers.update(window, (current) =>
    recordCounts(current, delivery.id, manifest, counts),
  );
  const current = currentDelivery(ledger, delivery.id);
  if (current === undefined) return;
  // Before the batch is completed or given up: a repeated message may find the delivery closed and join no more.
  if (properties !== undefined) await reportProperties(deps, manifest, properties);

  const share = { rejected: counts.rejected, failed: 0, kept: keptRecords(manifest) };
  const tooMany = tooManyRejected(share, deps.settings.platform.maxRejectedPercent);
  if (current.batchId === null) {
    if (deps.inlet !== undefined) await closeStreamed(deps, window, { delivery: current, counts, tooMany });
    return;
  }
  if (tooMany !== undefined) {
    await deps.batches.abort(current.batchId);
    await deps.ledgers.update(window, (latest) =>
      closeDelivery(latest, delivery.id, { state: 'rejected', error: tooMany }, deps.clock()),
    );
    deps.metrics.count('WindowsRejected');
    measureRecords(deps.metrics, { ...current, delivered: 0 });
    deps.log.error('Load:Window:Rejected', {
      window: window.date,
      run: delivery.run,
      ...counts,
      ms: openMs(deps, delivery),
    });
    return;
  }
  if (counts.mapped === 0) return withdrawDelivery(deps, window, current, 'delivered');
  await deps.batches.complete(current.batchId);
  await beginConfirming(deps, window.date, current);
  deps.log.info('Load:Batch:Completed', {
    window: window.date,
    run: delivery.run,
    batch: current.batchId,
    ...counts,
    ms: openMs(deps, delivery),
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
