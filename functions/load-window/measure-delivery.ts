import type { Delivery } from '../shared/ledger.ts';
import type { Metrics } from '../shared/metrics.ts';

/** How a window's records came out, in the end. */
export interface RecordCounts extends Pick<Delivery, 'received' | 'duplicates' | 'filtered' | 'rejected'> {
  readonly delivered: number;
}

/**
 * Measures a delivery whose outcome is known.
 *
 * @param counts `rejected` by us and by Platform together.
 */
export function measureRecords(metrics: Metrics, counts: RecordCounts): void {
  const { received, duplicates, filtered, rejected, delivered } = counts;
  const kept = received - duplicates;
  metrics.record({
    RecordsReceived: received,
    RecordsDuplicate: duplicates,
    RecordsFiltered: filtered,
    RecordsRejected: rejected,
    RecordsDelivered: delivered,
    ...(kept > 0 ? { RejectedPercent: (100 * rejected) / kept } : {}),
  });
}

/** How long ago a delivery was opened. */
export function openMs({ clock }: { readonly clock: () => number }, { startedAt }: Delivery): number {
  return clock() - Date.parse(startedAt);
}
