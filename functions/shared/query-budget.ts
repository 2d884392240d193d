import * as z from 'zod';
import { DeferredError } from './errors.ts';
import { queryBudgetKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import type { SourceSettings } from './source-settings.ts';
import { formatVersion, keptObject } from './stored-format.ts';
import { readJson, updateJson } from './stored-json.ts';

/**
 * A query reaches Mixpanel some time after it was reserved here: secrets are read and a connection is made first. Two
 * moments that are an hour apart here may therefore lie closer there, by at most this.
 */
const marginMs = 30_000;
const hourMs = 3_600_000 + marginMs;
/** Mixpanel's documented rate: 3 queries in a second. */
const perSecond = 3;
/** For the same reason not one second; the hour's limit is so much tighter that it costs nothing. */
const secondMs = 2_000;
/** Where Mixpanel asks for a pause and does not say how long: its limits are per second and per hour. */
const firstPauseMs = 60_000;
/** As long as a message can sleep in its queue: longer would only delay what is due once the limit is gone. */
const longestPauseMs = 900_000;
/** A refusal so soon after a pause is the same trouble still: waiting messages wake up a little after their turn. */
const againWithinMs = 60_000;
/** A deferred query comes back up to this much later than its turn, so that waiting messages don't come all at once. */
const spreadMs = 5_000;

/** What was spent of a project's queries. */
export const queryBudgetSchema = keptObject({
  version: formatVersion(1),
  /** When each query of the last hour was started, in milliseconds, oldest first. */
  queries: z.array(z.number()),
  /** Nobody asks Mixpanel before this moment: what it demanded with a 429. */
  blockedUntil: z.number(),
  /** How long the last such pause was. */
  pauseMs: z.number().default(0),
});
type Budget = z.output<typeof queryBudgetSchema>;

export interface QueryBudget {
  /**
   * Takes one query out of the budget that all functions of a project share.
   *
   * @param kind backfill leaves room for the daily windows.
   * @returns how many the hour has left.
   * @throws {DeferredError} `budget_exhausted` with the time until the query may be made.
   */
  reserve(kind: 'daily' | 'backfill'): Promise<number>;
  /**
   * Holds every query of the project back, after Mixpanel said 429: for as long as it asked, or a minute. Refused
   * again right afterwards, twice as long: refused queries may count against the limit that refuses them.
   *
   * @param askedMs what Mixpanel asked for, where it did.
   * @returns for how long.
   */
  block(askedMs: number | undefined): Promise<number>;
}

/** How a source divides its queries of an hour. */
export interface BudgetShares {
  readonly hourlyQueryBudget: number;
  /** Queries an hour that backfill leaves alone: one for each window that schedules export in a day, see `projectDailyWindows`. */
  readonly dailyReserve: number;
}

interface BudgetOptions extends BudgetShares {
  readonly projectId: string;
  readonly clock: () => number;
  readonly random?: () => number;
}

/** A rolling hour of queries, kept in the archive bucket: Mixpanel counts per project, whatever function asks. */
export function createQueryBudget(store: ObjectStore, options: BudgetOptions): QueryBudget {
  const key = queryBudgetKey(options.projectId);
  const limits = { daily: options.hourlyQueryBudget, backfill: hourlyBackfillQueries(options) };
  const json = { store, key, schema: queryBudgetSchema, what: 'the query budget' };
  const update = (change: (budget: Budget, nowMs: number) => Budget) =>
    updateJson(json, {
      fresh: (): Budget => ({ version: 1, queries: [], blockedUntil: 0, pauseMs: 0 }),
      change: (budget) => change(budget, options.clock()),
      contended: (message) => new DeferredError('budget_contended', message, spreadMs),
    });
  return {
    async reserve(kind) {
      const { queries } = await update((budget, nowMs) => {
        const queries = budget.queries.filter((at) => at > nowMs - hourMs);
        const waitMs = Math.max(budget.blockedUntil - nowMs, waitForTurn(queries, limits[kind], nowMs));
        if (waitMs > 0) throw exhausted(waitMs + spreadMs * (options.random ?? Math.random)());
        return { ...budget, queries: [...queries, nowMs] };
      });
      return Math.max(0, limits.daily - queries.length);
    },
    async block(askedMs) {
      const { blockedUntil } = await update((budget, nowMs) => blocked(budget, askedMs, nowMs));
      return Math.max(0, blockedUntil - options.clock());
    },
  };
}

/** What is left of a project's queries at a moment, for those who only look. */
export interface BudgetLeft {
  /** Export queries of the last hour. */
  readonly used: number;
  readonly left: number;
  /** Mixpanel has asked for silence until then: epoch milliseconds. */
  readonly blockedUntilMs: number | undefined;
}

/** Looks at the budget without taking anything out of it. */
export async function readBudgetLeft(
  store: ObjectStore,
  { projectId, hourlyQueryBudget }: { readonly projectId: string; readonly hourlyQueryBudget: number },
  nowMs: number,
): Promise<BudgetLeft> {
  const key = queryBudgetKey(projectId);
  const budget = await readJson({ store, key, schema: queryBudgetSchema, what: 'the query budget' });
  const used = budget?.queries.filter((at) => at > nowMs - hourMs).length ?? 0;
  const blockedUntil = budget?.blockedUntil ?? 0;
  return {
    used,
    left: Math.max(0, hourlyQueryBudget - used),
    blockedUntilMs: blockedUntil > nowMs ? blockedUntil : undefined,
  };
}

function blocked(budget: Budget, askedMs: number | undefined, nowMs: number): Budget {
  const sinceMs = nowMs - budget.blockedUntil;
  if (sinceMs < 0) {
    // Refused at the same moment as another function: that is one refusal, not two in a row.
    return { ...budget, blockedUntil: Math.max(budget.blockedUntil, nowMs + (askedMs ?? 0)) };
  }
  const inARow = sinceMs <= Math.max(budget.pauseMs, againWithinMs);
  const doubledMs = inARow ? Math.min(2 * budget.pauseMs, longestPauseMs) : 0;
  const pauseMs = Math.max(askedMs ?? firstPauseMs, doubledMs);
  return { ...budget, blockedUntil: nowMs + pauseMs, pauseMs };
}

/**
 * Windows that the schedules of all sources of this source's project export in a day: Mixpanel counts their queries
 * together, so a backfill of one of them must leave room for the daily windows of each.
 */
export function projectDailyWindows(sources: readonly SourceSettings[], source: SourceSettings): number {
  return sources
    .filter(({ mixpanel, schedule }) => mixpanel.projectId === source.mixpanel.projectId && schedule.enabled)
    .reduce((sum, { schedule }) => sum + schedule.lookbackDays + 1, 0);
}

/** How many queries an hour backfill may make: at least one, however small the budget. */
export function hourlyBackfillQueries({ hourlyQueryBudget, dailyReserve }: BudgetShares): number {
  return Math.max(1, hourlyQueryBudget - dailyReserve);
}

/** Milliseconds until one more query keeps within both limits; 0 or less when it may be made now. */
function waitForTurn(queries: readonly number[], hourlyLimit: number, nowMs: number): number {
  const oldestInHour = queries.at(-hourlyLimit);
  const oldestInSecond = queries.at(-perSecond);
  return Math.max(
    oldestInHour === undefined ? 0 : oldestInHour + hourMs - nowMs,
    oldestInSecond === undefined ? 0 : oldestInSecond + secondMs - nowMs,
  );
}

function exhausted(waitMs: number): DeferredError {
  return new DeferredError(
    'budget_exhausted',
    'exporting a window: its query must wait, for the budget of the hour or for Mixpanel',
    waitMs,
  );
}
