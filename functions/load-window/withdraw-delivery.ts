import type { Delivery } from '../shared/ledger.ts';
import type { WindowRef } from '../shared/object-keys.ts';
import type { BatchPhase } from '../shared/platform/batches.ts';
import { closeDelivery } from './delivery-ledger.ts';
import type { LoadDeps } from './load-deps.ts';
import { openMs } from './measure-delivery.ts';

/**
 * Ends a delivery that has no row to send by taking back what had been delivered before. Platform fails a batch
 * without rows, so there is nothing that could replace the old one.
 */
export async function withdrawDelivery(
  deps: LoadDeps,
  window: WindowRef,
  delivery: Delivery,
  state: 'empty' | 'delivered',
): Promise<void> {
  if (delivery.batchId !== null) await deps.batches.abort(delivery.batchId);
  for (const batchId of delivery.replaces) await takeBack(deps, batchId);
  await deps.ledgers.update(window, (ledger) =>
    closeDelivery(ledger, delivery.id, { state, withdrawn: true }, deps.clock()),
  );
  deps.log.info('Load:Delivery:Withdrawn', {
    window: window.date,
    run: delivery.run,
    reverted: delivery.replaces,
    ms: openMs(deps, delivery),
  });
  deps.metrics.count('WindowsDelivered');
}

/** Of a batch that was active: there are no rows of it in the dataset any more. */
const ended: ReadonlySet<BatchPhase | undefined> = new Set(['withdrawn', 'failed', 'stalled']);

/**
 * Takes an earlier delivery's batch out of the dataset. Platform is asked first: reverting is not documented as
 * repeatable, and this may be a second try. Where Catalog does not show the batch, or has a word for it that says
 * nothing, it may be active: Batch Ingestion decides.
 */
export async function takeBack({ batches }: LoadDeps, batchId: string): Promise<void> {
  const batch = await batches.get(batchId);
  if (!ended.has(batch?.phase)) await batches.revert(batchId);
}
