import type { Delivery, Ledger } from '../../functions/shared/ledger.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import type { BatchReport } from '../../functions/shared/platform/batches.ts';
import { isClosed } from '../../functions/shared/window-summary.ts';

/** What can be otherwise than the ledger says; each has its line in the runbook. */
export const differenceKinds = [
  'batch_missing',
  'batch_not_active',
  'batch_unexpected',
  'counts_differ',
  'delivered_twice',
  'mixpanel_differs',
  'run_differs',
  'run_not_delivered',
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  /** For people; ids and counts alone. */
  readonly text: string;
}

/** What archive, ledger and Platform say of one window. */
export interface WindowFacts {
  readonly ledger: Ledger;
  /** Of the newest complete run, what Mixpanel last gave; undefined where there is none, or none any more. */
  readonly newest: Manifest | undefined;
  /** Of the run that stands in the dataset, by the ledger. */
  readonly standing: Manifest | undefined;
  /** The batch that the ledger says is active, as Catalog knows it. */
  readonly batch: BatchReport | undefined;
  /** Every batch of the window that is active in that batch's dataset. */
  readonly active: readonly BatchReport[];
}

/** A window's numbers from Mixpanel to Platform, and where they don't go together. */
export interface Reconciliation {
  readonly date: string;
  readonly checkedAt: string;
  readonly exported: Pick<Manifest, 'run' | 'completedAt' | 'records' | 'duplicates' | 'contentHash'> | null;
  /** What the ledger says is in the dataset. */
  readonly delivered: StandingDelivery | null;
  readonly platform: {
    readonly batchId: string;
    readonly status: string;
    readonly accepted: number | null;
    readonly failed: number;
  } | null;
  /** Something is on its way: what differs now may be a step of it, so nothing is said to. */
  readonly isPending: boolean;
  readonly differences: readonly Difference[];
}

export type StandingDelivery = Pick<
  Delivery,
  | 'run'
  | 'batchId'
  | 'datasetId'
  | 'received'
  | 'duplicates'
  | 'filtered'
  | 'rejected'
  | 'failed'
  | 'accepted'
  | 'mapped'
  | 'contentHash'
  | 'mappingHash'
>;

/** The delivery whose rows are in the dataset, by the ledger; undefined where there is none, or it is no longer listed. */
export function standingDelivery({ activeBatch, state, deliveries }: Ledger): Delivery | undefined {
  if (activeBatch !== null) return deliveries.find(({ batchId }) => batchId === activeBatch);
  if (state !== 'delivered' && state !== 'unchanged') return undefined;
  // Rows that were streamed are in no batch of ours.
  const newest = deliveries.find(({ completedAt, error }) => completedAt !== null && error === undefined);
  return newest?.batchId === null && newest.accepted > 0 ? newest : undefined;
}

/** Whether nothing is on its way for the window. */
export function isSettled({ state, deliveries }: Ledger): boolean {
  return isClosed(state) && deliveries[0]?.completedAt !== null;
}

/** Holds archive, ledger and Platform to each other. Pure. */
export function reconcile(facts: WindowFacts, nowMs: number): Reconciliation {
  const { ledger, newest, batch } = facts;
  const delivered = standingDelivery(ledger);
  const isPending = !isSettled(ledger);
  return {
    date: ledger.date,
    checkedAt: new Date(nowMs).toISOString(),
    exported: newest ?? null,
    delivered: delivered ?? null,
    platform:
      batch === undefined
        ? null
        : {
            batchId: batch.id,
            status: batch.status,
            accepted: batch.accepted ?? null,
            failed: batch.failed,
          },
    isPending,
    differences: isPending
      ? []
      : [...archiveDifferences(facts, delivered), ...batchDifferences(facts, delivered)],
  };
}

function archiveDifferences(
  { ledger, newest, standing }: WindowFacts,
  delivered: Delivery | undefined,
): Difference[] {
  const found: Difference[] = [];
  if (standing !== undefined && delivered !== undefined) {
    const { run, records, duplicates } = standing;
    if (records !== delivered.received || duplicates !== delivered.duplicates) {
      const text = `run ${run} has ${records} records, ${duplicates} of them duplicates; the ledger says ${delivered.received} and ${delivered.duplicates}`;
      found.push({ kind: 'run_differs', text });
    }
  }
  if (newest === undefined || newest.contentHash === ledger.activeContentHash) return found;
  const kept = newest.records - newest.duplicates;
  if (kept === 0 && ledger.activeBatch === null) return found;
  const text = `the newest run, ${newest.run}, has ${kept} records without duplicates, and is not what is delivered: the window is ${ledger.state}`;
  return [...found, { kind: 'run_not_delivered', text }];
}

function batchDifferences(
  { ledger, batch, active }: WindowFacts,
  delivered: Delivery | undefined,
): Difference[] {
  const { activeBatch } = ledger;
  const others = active.filter(({ id }) => id !== activeBatch).map(({ id }) => id);
  if (activeBatch === null) {
    const text = `${others.join(', ')} ${others.length === 1 ? 'is' : 'are'} active in Platform, and by the ledger no batch is`;
    return others.length === 0 ? [] : [{ kind: 'batch_unexpected', text }];
  }
  const found: Difference[] = [];
  if (batch === undefined) {
    found.push({ kind: 'batch_missing', text: `Catalog knows no batch ${activeBatch}` });
  } else if (batch.phase !== 'active') {
    const text = `batch ${activeBatch} is ${batch.status}: its rows are not in the dataset`;
    found.push({ kind: 'batch_not_active', text });
  } else if (delivered !== undefined && countsDiffer(batch, delivered)) {
    const text = `Platform counts ${batch.accepted} rows and ${batch.failed} failed in batch ${activeBatch}; the ledger says ${delivered.accepted} and ${delivered.failed}`;
    found.push({ kind: 'counts_differ', text });
  }
  if (others.length === 0) return found;
  const text = `active beside batch ${activeBatch}: ${others.join(', ')}; rows are in the dataset more than once`;
  const kind = batch?.phase === 'active' ? 'delivered_twice' : 'batch_unexpected';
  return [
    ...found,
    {
      kind,
      text:
        kind === 'delivered_twice' ? text : `active in place of batch ${activeBatch}: ${others.join(', ')}`,
    },
  ];
}

/** Counts that Platform does not name can't differ. */
function countsDiffer({ accepted, failed }: BatchReport, delivered: Delivery): boolean {
  return accepted !== undefined && (accepted !== delivered.accepted || failed !== delivered.failed);
}
