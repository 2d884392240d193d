import type { Delivery } from '../shared/ledger.ts';
import type { WindowRef } from '../shared/object-keys.ts';
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
  for (const batchId of delivery.replaces) {
    // Asked first: reverting is not documented as repeatable, and this may be a second try.
    const batch = await deps.batches.get(batchId);
    if (batch?.phase === 'active') await deps.batches.revert(batchId);
  }
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
