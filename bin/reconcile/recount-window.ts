import { scheduleOf } from '../../functions/shared/attention.ts';
import { DeferredError, RetryableError } from '../../functions/shared/errors.ts';
import { openForgotten } from '../../functions/shared/forgotten.ts';
import type { Ledger } from '../../functions/shared/ledger.ts';
import { readLedger } from '../../functions/shared/ledger-store.ts';
import type { ExportAnswer } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { createPrivacyFilter } from '../../functions/shared/privacy.ts';
import { type BudgetLeft, readBudgetLeft } from '../../functions/shared/query-budget.ts';
import { startsAround } from '../../functions/shared/schedule.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { dueInEveryZone } from '../../functions/shared/window.ts';
import { windowZones } from '../../functions/shared/window-zone.ts';
import { startOfRun } from '../forget/rewritten-run.ts';
import { grouped } from '../local/progress-view.ts';
import type { ProgressLine } from '../operator/progress-line.ts';
import { durationText, timeText } from '../status/time-text.ts';
import { type CountedAnswer, countAnswer } from './count-answer.ts';
import type { OpenMixpanel } from './open-mixpanel.ts';
import { isSettled, type Reconciliation, standingDelivery } from './reconciliation.ts';
import { type CountedRun, type Recount, runToHoldTo } from './recount.ts';

export interface RecountDeps {
  readonly settings: SourceSettings;
  readonly store: ObjectStore;
  readonly mixpanel: OpenMixpanel;
  readonly clock: () => number;
  readonly progress: ProgressLine;
}

/**
 * Finding duplicates in so many takes 4.8 GB of temporary storage and about 100 MB of memory; a person's machine has no
 * more to spare for certain.
 */
const maxRecounted = 100_000_000;

/**
 * Exports a window once more, keeps nothing of it, and holds what came to the run that the dataset stands for. One query
 * is enough for a window that the connector fetches in slices: those are there because a function's time ends.
 *
 * @throws {RetryableError} when no query may be made now, or its answer can't be proven to be the whole window.
 */
export async function recountWindow(deps: RecountDeps, found: Reconciliation): Promise<Recount> {
  const { settings, store, clock } = deps;
  const { date, isPending } = found;
  if (isPending) return skipped('something is on its way for the window; ask when it has ended');
  const heldTo = runToHoldTo(found);
  if (heldTo === undefined) return skipped('no run of the window is known that it could be held to');
  if (heldTo.received > maxRecounted) {
    return skipped(
      `the day has ${grouped(heldTo.received)} events, and from here ${grouped(maxRecounted)} are counted at most; connector replay ${date} exports it in slices, and delivers nothing where nothing has changed`,
    );
  }
  const counted = await count(deps, date, heldTo);
  const ledger = await readLedger(store, { source: settings.id, date });
  if (ledger === undefined || !isAsFound(ledger, found))
    return skipped('the window was exported or delivered again while its events were counted; ask again');
  return {
    kind: 'counted',
    countedAt: new Date(clock()).toISOString(),
    ...counted,
    heldTo,
    isSame: counted.contentHash === heldTo.contentHash,
    lookbackAt: await nextLookback(deps, date),
  };
}

/** All that can fail for a reason of our own comes first: not a query is spent then. */
async function count(deps: RecountDeps, date: string, heldTo: CountedRun): Promise<CountedAnswer> {
  const { settings, store, mixpanel, progress } = deps;
  await mixpanel.client.ready();
  const filter = createPrivacyFilter({ ...settings.privacy, key: await mixpanel.readPrivacyKey() });
  const { isForgotten } = await openForgotten(store, settings.id);
  await reserve(deps, date);
  // A large export may take minutes to begin.
  progress.text(`asking Mixpanel for ${date} …`);
  const answer = await ask(deps, date);
  try {
    return await countAnswer({
      answer,
      filter,
      isForgotten,
      sinceMs: startOfRun(heldTo.run) ?? Infinity,
      context: { source: settings.id, window: date },
      progress: (lines) => progress.bar(lines, heldTo.received, `events of ${date} counted`),
    });
  } catch (cause) {
    if (!(cause instanceof RetryableError) || cause.code !== 'export_incomplete') throw cause;
    throw new RetryableError(
      cause.code,
      `counting window ${date}: the answer is not the whole window, so it tells no number; its query is spent`,
      { cause },
    );
  }
}

/** As a replay of one window: of what backfill leaves alone it may take. @throws {RetryableError} */
async function reserve({ settings, store, mixpanel, clock }: RecountDeps, date: string): Promise<void> {
  try {
    await mixpanel.budget.reserve('daily');
  } catch (error) {
    if (!(error instanceof DeferredError)) throw error;
    const why = whyNoQuery(settings, await readBudgetLeft(store, settings.mixpanel, clock()));
    throw notNow(error.code, date, { why, waitMs: error.delayMs });
  }
}

function whyNoQuery({ mixpanel }: SourceSettings, { left, blockedUntilMs }: BudgetLeft): string {
  if (blockedUntilMs !== undefined) return `Mixpanel asked for a pause until ${timeText(blockedUntilMs)}`;
  if (left === 0) return `all ${mixpanel.hourlyQueryBudget} export queries of the hour are spent`;
  return 'other queries of the project begin at this moment';
}

/** @throws {RetryableError} `rate_limited`; every function of the project then waits, too. */
async function ask({ settings, mixpanel }: RecountDeps, date: string): Promise<ExportAnswer> {
  const { events, where } = settings.mixpanel;
  const context = { source: settings.id, window: date };
  try {
    return await mixpanel.client.exportWindow({ fromDate: date, toDate: date, events, where, context });
  } catch (error) {
    if (!(error instanceof RetryableError) || error.code !== 'rate_limited') throw error;
    const waitMs = await mixpanel.budget.block(error.retryAfterMs);
    throw notNow(error.code, date, {
      why: 'Mixpanel takes no more queries at the moment (HTTP 429)',
      waitMs,
    });
  }
}

function notNow(code: string, date: string, { why, waitMs }: { why: string; waitMs: number }) {
  return new RetryableError(code, `counting window ${date}: ${why}; ask again in ${durationText(waitMs)}`);
}

/** Whether the ledger still names the runs that were found; it may have moved on while the answer came. */
function isAsFound(ledger: Ledger, { delivered, exported }: Reconciliation): boolean {
  const standing = standingDelivery(ledger)?.run;
  const newest = ledger.exported?.run ?? standing;
  return isSettled(ledger) && standing === delivered?.run && (exported === null || newest === exported.run);
}

async function nextLookback({ settings, store, clock }: RecountDeps, date: string): Promise<string | null> {
  const { enabled, lookbackDays } = settings.schedule;
  if (!enabled) return null;
  const { nextMs } = startsAround(clock(), scheduleOf(settings));
  const due = dueInEveryZone(await windowZones(store, settings), { nowMs: nextMs, lookbackDays });
  return due.includes(date) ? new Date(nextMs).toISOString() : null;
}

function skipped(why: string): Recount {
  return { kind: 'skipped', why };
}
