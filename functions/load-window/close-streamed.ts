import type { Delivery } from '../shared/ledger.ts';
import type { WindowRef } from '../shared/object-keys.ts';
import { closeDelivery, type DeliveryCounts } from './delivery-ledger.ts';
import type { LoadDeps } from './load-deps.ts';
import { measureRecords, openMs } from './measure-delivery.ts';
import { takeBack } from './withdraw-delivery.ts';

/** What came of a streamed delivery. */
export interface Streamed {
  readonly delivery: Delivery;
  readonly counts: DeliveryCounts;
  /** Why the window counts as rejected; undefined where it does not. */
  readonly tooMany: string | undefined;
}

/**
 * Ends a delivery whose rows were streamed. Platform has received them, and tells nothing more of any one of them; they
 * can't be taken back, so that a window with too many rejections is said to be one after its other rows were sent. A
 * batch of the window, from before the source was streamed, is reverted: its rows have come again.
 */
export async function closeStreamed(
  deps: LoadDeps,
  window: WindowRef,
  { delivery, counts, tooMany }: Streamed,
): Promise<void> {
  for (const batchId of delivery.replaces) await takeBack(deps, batchId);
  const received = { accepted: counts.mapped, failed: 0 };
  await deps.ledgers.update(window, (latest) =>
    closeDelivery(
      latest,
      delivery.id,
      tooMany === undefined
        ? { state: 'delivered', ...received }
        : { state: 'rejected', active: true, error: tooMany, ...received },
      deps.clock(),
    ),
  );
  measureRecords(deps.metrics, { ...delivery, ...counts, delivered: counts.mapped });
  const fields = { window: window.date, run: delivery.run, ...counts, ms: openMs(deps, delivery) };
  if (tooMany === undefined) {
    deps.metrics.count('WindowsDelivered');
    deps.log.info('Load:Window:Streamed', fields);
    return;
  }
  deps.metrics.count('WindowsRejected');
  deps.log.error('Load:Window:Rejected', fields);
}
