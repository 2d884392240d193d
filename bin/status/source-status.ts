import { type Attention, scheduleOf, windowsInTrouble } from '../../functions/shared/attention.ts';
import { type Backfill, estimateBackfillEnd } from '../../functions/shared/backfill.ts';
import { createBackfillStore, listBackfills } from '../../functions/shared/backfill-store.ts';
import { readBatchesOpened } from '../../functions/shared/delivery-budget.ts';
import { type KnownWindows, readWindows } from '../../functions/shared/known-windows.ts';
import {
  deliveryBudgetKey,
  queryBudgetKey,
  reconciliationKey,
  rejectedWindowPrefix,
  sourceWatchKey,
  timestampsKey,
} from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { dailyBackfillBatches, dailyWindows, sandboxOf } from '../../functions/shared/platform/guardrails.ts';
import {
  type BudgetLeft,
  hourlyBackfillQueries,
  projectDailyWindows,
  readBudgetLeft,
} from '../../functions/shared/query-budget.ts';
import { startsAround } from '../../functions/shared/schedule.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { readSourceWatch } from '../../functions/shared/source-watch.ts';
import { separateReads, type Unreadable } from '../../functions/shared/unreadable.ts';
import { dueInEveryZone } from '../../functions/shared/window.ts';
import type { WindowDigest } from '../../functions/shared/window-digest.ts';
import type { KnownDigests } from '../../functions/shared/window-digests.ts';
import { isClosed } from '../../functions/shared/window-summary.ts';
import { possibleZones, windowZones } from '../../functions/shared/window-zone.ts';
import { queueDepth } from '../local/queue-depths.ts';
import { type DeadLetter, deadLetterQueues, peekDeadLetters } from '../operator/dead-letters.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import {
  type KnownDifference,
  knownDifferences,
  readReconciliation,
} from '../reconcile/kept-reconciliation.ts';
import { type Finding, findingsOf } from './findings.ts';
import { type Places, placesOf } from './places.ts';
import { mostRejectedWindows, type RejectionReasons, rejectionReasons } from './rejection-reasons.ts';

/** Everything that `status` says of a source. */
export interface SourceStatus extends KnownWindows, Places {
  /** Ledgers, and what else is kept of the source, that can't be read: what is said in their place is less, or nothing. */
  readonly unreadable: readonly Unreadable[];
  readonly attention: readonly Attention[];
  /** What is wrong with the set-up, though no window fails yet. */
  readonly findings: readonly Finding[];
  /** Why records of the newest rejected windows were, as far as a look tells. */
  readonly rejections: readonly Rejections[];
  readonly running: readonly WindowDigest[];
  readonly queues: { readonly windows: number; readonly loads: number };
  readonly deadLetters: { readonly count: number; readonly letters: readonly DeadLetter[] };
  readonly backfills: readonly BackfillStatus[];
  /** Undefined where it can't be read. */
  readonly budget: BudgetLeft | undefined;
  readonly batches: BatchesOpened;
  /** `nextDays`: what its next start asks for; none where it is off. */
  readonly schedule: {
    readonly lastMs: number;
    readonly nextMs: number;
    readonly nextDays: readonly string[];
  };
  /** Undefined where it can't be read. */
  readonly reconciled: Reconciled | undefined;
}

/** Why records of a rejected window were. */
export interface Rejections extends Omit<RejectionReasons, 'run'> {
  readonly date: string;
}

/** What Platform was last found to hold; it is not asked again. */
export interface Reconciled {
  /** When every window was looked at; null where that never was. */
  readonly whole: { readonly at: string; readonly windows: number } | null;
  readonly differences: readonly KnownDifference[];
}

/** What the sandbox took in the last 24 hours, from all sources of the stack. */
export interface BatchesOpened {
  /** Undefined where it can't be read. */
  readonly used: number | undefined;
  readonly dailyBudget: number;
  /** Backfill waits while so many were opened: it leaves room for the daily windows. */
  readonly backfillUpTo: number;
}

export interface BackfillStatus {
  readonly backfill: Backfill;
  /** When it will have come to its end, at the earliest: epoch milliseconds. */
  readonly endsMs: number | undefined;
}

/** Rejected records of a window that are looked at for the reasons: a person waits for the answer. */
const mostLines = 2000;

/** More reasons than that fit on no screen; the count tells how many there are. */
const mostDeadLetters = 50;

/**
 * Reads a source's state. Everything at once: the slowest question decides how long a person waits. An object that can't be
 * read costs what it would have told, and nothing else.
 */
export async function readSourceStatus(
  operator: Operator,
  source: OperatorSource,
  { digests, nowMs }: { readonly digests: KnownDigests; readonly nowMs: number },
): Promise<SourceStatus> {
  const { aws, store, config } = operator;
  const { settings } = source;
  const reads = separateReads();
  const sandbox = sandboxOf(settings);
  const [
    known,
    knownZones,
    watch,
    budget,
    batchesOpened,
    backfills,
    deadLetters,
    windowsWaiting,
    loadsWaiting,
    kept,
  ] = await Promise.all([
    readWindows(store, settings.id, digests),
    reads.read(timestampsKey(settings.id), () => windowZones(store, settings)),
    reads.read(sourceWatchKey(settings.id), () => readSourceWatch(store, settings.id)),
    reads.read(queryBudgetKey(settings.mixpanel.projectId), () =>
      readBudgetLeft(store, settings.mixpanel, nowMs),
    ),
    reads.read(deliveryBudgetKey(sandbox), () => readBatchesOpened(store, sandbox, nowMs)),
    listBackfills(createBackfillStore(store, Date.now), settings.id, reads),
    readDeadLetters({ aws }, source),
    queueDepth(aws.sqs, source.windowQueueUrl),
    queueDepth(aws.sqs, source.loadQueueUrl),
    reads.read(reconciliationKey(settings.id), () => readReconciliation(store, settings.id)),
  ]);
  const zones = knownZones ?? possibleZones(settings);
  const attention = windowsInTrouble({
    settings,
    windows: known.windows,
    zones,
    watchedSince: watch?.since,
    nowMs,
  });
  const { lookbackDays, enabled } = settings.schedule;
  const starts = startsAround(nowMs, scheduleOf(settings));
  return {
    ...placesOf(operator, source),
    windows: known.windows,
    unreadable: [...known.unreadable, ...reads.unreadable()],
    attention,
    rejections: await readRejections(store, settings.id, attention),
    findings: findingsOf(settings, watch?.mixpanel, nowMs),
    running: known.windows.filter(({ summary }) => !isClosed(summary.state)),
    queues: { windows: windowsWaiting, loads: loadsWaiting },
    deadLetters,
    backfills: backfills.map((backfill) =>
      backfillStatus(settings, { sources: config.sources, backfill, nowMs }),
    ),
    budget,
    batches: {
      used: batchesOpened,
      dailyBudget: settings.platform.dailyBatchBudget,
      backfillUpTo: dailyBackfillBatches(
        settings.platform.dailyBatchBudget,
        dailyWindows(config.sources, settings),
      ),
    },
    schedule: {
      ...starts,
      nextDays: enabled ? dueInEveryZone(zones, { nowMs: starts.nextMs, lookbackDays }) : [],
    },
    reconciled:
      kept === undefined
        ? undefined
        : { whole: kept.whole, differences: knownDifferences(kept, known.windows) },
  };
}

function readRejections(
  store: ObjectStore,
  source: string,
  attention: readonly Attention[],
): Promise<Rejections[]> {
  const newest = attention.filter(({ kind }) => kind === 'rejected').slice(-mostRejectedWindows);
  return Promise.all(
    newest.map(async ({ date }) => {
      const found = await rejectionReasons(store, rejectedWindowPrefix({ source, date }), mostLines);
      return { reasons: [], lines: 0, isSample: false, ...found, date };
    }),
  );
}

export function backfillStatus(
  settings: SourceSettings,
  {
    sources,
    backfill,
    nowMs,
  }: { readonly sources: readonly SourceSettings[]; readonly backfill: Backfill; readonly nowMs: number },
): BackfillStatus {
  const windowsPerHour = hourlyBackfillQueries({
    hourlyQueryBudget: settings.mixpanel.hourlyQueryBudget,
    dailyReserve: projectDailyWindows(sources, settings),
  });
  return { backfill, endsMs: estimateBackfillEnd(backfill, windowsPerHour, nowMs) };
}

async function readDeadLetters({ aws }: Pick<Operator, 'aws'>, source: OperatorSource) {
  const found = await Promise.all(
    deadLetterQueues(source).map((queue) => peekDeadLetters(aws.sqs, queue, mostDeadLetters)),
  );
  return {
    count: found.reduce((sum, { count }) => sum + count, 0),
    letters: found.flatMap(({ letters }) => letters),
  };
}
