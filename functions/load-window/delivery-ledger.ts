import { type Delivery, type Ledger, maxDeliveries } from '../shared/ledger.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { DeliverMessage } from '../shared/messages.ts';

/** Pure changes of a window's ledger, and the decision what a request to deliver means for it. */

/** What this function would deliver with and where to. */
export interface DeliveryTarget {
  readonly mappingHash: string;
  readonly datasetId: string;
}

export interface DeliveryCounts {
  readonly filtered: number;
  readonly rejected: number;
  readonly mapped: number;
}

export type Decision =
  /** Nothing to do: answered already, or a newer run has been or will be delivered. */
  | { readonly kind: 'skip'; readonly why: string }
  /** The delivery that this request opened is still open. */
  | { readonly kind: 'resume'; readonly delivery: Delivery }
  /** Another, older delivery is open and must come to its end first. */
  | { readonly kind: 'settle'; readonly delivery: Delivery }
  /** The dataset already holds exactly this. */
  | { readonly kind: 'unchanged' }
  /** There is nothing to deliver and nothing was. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'open'; readonly replaces: readonly string[] };

/** The newest delivery, while it is open. */
export function openDelivery(ledger: Ledger): Delivery | undefined {
  const newest = ledger.deliveries[0];
  return newest?.completedAt === null ? newest : undefined;
}

/** The open delivery of that id; undefined when it was closed, or superseded by another. */
export function currentDelivery(ledger: Ledger, id: string): Delivery | undefined {
  const open = openDelivery(ledger);
  return open?.id === id ? open : undefined;
}

/**
 * The open delivery that a message is about. One that names another run than the delivery's is not of our making: it is
 * about none, and must not put that run's rows into the batch.
 */
export function deliveryOf(
  ledger: Ledger,
  { delivery, run }: { readonly delivery: string; readonly run: string },
): Delivery | undefined {
  const current = currentDelivery(ledger, delivery);
  return current?.run === run ? current : undefined;
}

/** What a request to deliver a run means, given all that is known of the window. The newest run wins, always. */
export function decide(
  ledger: Ledger,
  manifest: Manifest,
  message: DeliverMessage,
  target: DeliveryTarget,
): Decision {
  const open = openDelivery(ledger);
  const isMine = (delivery: Delivery) => delivery.request === message.request && delivery.run === message.run;
  if (open !== undefined && isMine(open)) return { kind: 'resume', delivery: open };
  // A delivery that ended in an error may be asked for again by the same request, sent back from the dead letters.
  if (
    ledger.deliveries.some(
      (delivery) => delivery !== open && isMine(delivery) && delivery.error === undefined,
    )
  ) {
    return { kind: 'skip', why: 'this request was answered already' };
  }
  const newestRun =
    [ledger.exported?.run ?? '', ...ledger.deliveries.map((delivery) => delivery.run)].sort().at(-1) ?? '';
  if (newestRun > message.run) return { kind: 'skip', why: `run ${newestRun} is newer` };
  if (open !== undefined) return { kind: 'settle', delivery: open };

  const active = ledger.deliveries.find(
    (delivery) => delivery.batchId !== null && delivery.batchId === ledger.activeBatch,
  );
  const sameDataset = active === undefined || active.datasetId === target.datasetId;
  const isDelivered =
    ledger.activeContentHash === manifest.contentHash &&
    ledger.mappingHash === target.mappingHash &&
    sameDataset;
  if (ledger.activeBatch === null && keptRecords(manifest) === 0) return { kind: 'empty' };
  if (isDelivered) return { kind: 'unchanged' };
  // A batch of another dataset can't be a predecessor; it stays where it is.
  return { kind: 'open', replaces: ledger.activeBatch !== null && sameDataset ? [ledger.activeBatch] : [] };
}

/**
 * The ledger once its active batch was found withdrawn: the next request delivers the window, whatever its content. A batch
 * that is gone can't be replaced.
 */
export function disownBatch(ledger: Ledger, batchId: string): Ledger {
  if (ledger.activeBatch !== batchId) return ledger;
  return { ...ledger, activeBatch: null, activeContentHash: null };
}

/** Lines of a run that are to be delivered. */
export function keptRecords(manifest: Manifest): number {
  return manifest.records - manifest.duplicates;
}

/** The ledger after the decision, where the decision alone changes it. */
export function applyDecision(
  ledger: Ledger,
  decision: Decision,
  details: {
    readonly id: string;
    readonly message: DeliverMessage;
    readonly target: DeliveryTarget;
    readonly manifest: Manifest;
    readonly nowMs: number;
  },
): Ledger {
  if (decision.kind === 'unchanged') return { ...ledger, state: 'unchanged', error: null };
  if (decision.kind === 'empty') return { ...ledger, state: 'empty', error: null };
  if (decision.kind !== 'open') return ledger;
  const { id, message, target, manifest, nowMs } = details;
  const delivery: Delivery = {
    id,
    run: message.run,
    request: message.request,
    reason: message.reason,
    startedAt: new Date(nowMs).toISOString(),
    completedAt: null,
    received: 0,
    duplicates: 0,
    filtered: 0,
    rejected: 0,
    mapped: 0,
    accepted: 0,
    failed: 0,
    batchId: null,
    replaces: [...decision.replaces],
    contentHash: manifest.contentHash,
    ...target,
  };
  return {
    ...ledger,
    state: 'loading',
    error: null,
    deliveries: [delivery, ...ledger.deliveries].slice(0, maxDeliveries),
  };
}

/** Changes the open delivery of that id; the ledger as it is when that one is no longer open. */
export function amend(ledger: Ledger, id: string, change: (delivery: Delivery) => Delivery): Ledger {
  const current = currentDelivery(ledger, id);
  if (current === undefined) return ledger;
  return { ...ledger, deliveries: [change(current), ...ledger.deliveries.slice(1)] };
}

/** Keeps the batch that a delivery fills. The first to record one wins; the others find theirs not recorded. */
export function recordBatch(ledger: Ledger, id: string, batchId: string): Ledger {
  if (currentDelivery(ledger, id)?.batchId !== null) return ledger;
  return amend(ledger, id, (delivery) => ({ ...delivery, batchId }));
}

/** Keeps which confirmation gave the alarm that Platform does not decide; the first one is it. */
export function recordStalled(ledger: Ledger, id: string, poll: number): Ledger {
  return amend(ledger, id, (delivery) =>
    delivery.stalledPoll === undefined ? { ...delivery, stalledPoll: poll } : delivery,
  );
}

/** Keeps what was mapped, once every part is: `received = duplicates + filtered + rejected + mapped`. */
export function recordCounts(ledger: Ledger, id: string, manifest: Manifest, counts: DeliveryCounts): Ledger {
  return amend(ledger, id, (delivery) => ({
    ...delivery,
    ...counts,
    received: manifest.records,
    duplicates: manifest.duplicates,
  }));
}

export type Ending =
  /** Its batch is active and counted. */
  | { readonly state: 'delivered'; readonly accepted: number; readonly failed: number }
  /** Its batch is active, but something about it is wrong: the next delivery must replace it. */
  | {
      readonly state: 'failed' | 'rejected';
      readonly error: string;
      readonly active: true;
      readonly accepted: number;
      readonly failed: number;
    }
  /** No row of it is in the dataset. */
  | { readonly state: 'failed' | 'rejected'; readonly error: string }
  /** Nothing of the window is left to deliver; what had been delivered was taken back. */
  | { readonly state: 'empty' | 'delivered'; readonly withdrawn: true };

/** Of a delivery whose batch is active. */
export type ActiveEnding = Extract<Ending, { readonly accepted: number }>;

/** Closes the open delivery of that id. `mapped = accepted + failed` holds afterwards. */
export function closeDelivery(ledger: Ledger, id: string, ending: Ending, nowMs: number): Ledger {
  const delivery = currentDelivery(ledger, id);
  if (delivery === undefined) return ledger;
  const error = 'error' in ending ? ending.error : null;
  const counted =
    'accepted' in ending
      ? { accepted: ending.accepted, failed: ending.failed }
      : { accepted: 0, failed: delivery.mapped };
  const closed: Delivery = {
    ...delivery,
    ...counted,
    completedAt: new Date(nowMs).toISOString(),
    ...(error === null ? {} : { error }),
  };
  const next: Ledger = {
    ...ledger,
    state: ending.state,
    error,
    deliveries: [closed, ...ledger.deliveries.slice(1)],
  };
  if ('withdrawn' in ending) {
    return {
      ...next,
      activeBatch: null,
      activeContentHash: delivery.contentHash,
      mappingHash: delivery.mappingHash,
    };
  }
  if (ending.state === 'delivered') {
    return {
      ...next,
      activeBatch: delivery.batchId,
      activeContentHash: delivery.contentHash,
      mappingHash: delivery.mappingHash,
    };
  }
  // Active but wrong: it must be replaced even by equal content, so no content hash is claimed for it.
  if ('active' in ending) return { ...next, activeBatch: delivery.batchId, activeContentHash: null };
  return next;
}
