import { z } from 'zod';
import { DeferredError } from './errors.ts';
import { queryBudgetKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { parseJsonWith } from './parse.ts';

const hourMs = 3_600_000;
/** Mixpanel's documented rate: 3 queries in a second. */
const perSecond = 3;
/** Tries against other functions that reserve at the same moment. */
const maxTries = 20;
/** A deferred query comes back up to this much later than its turn, so that waiting messages don't come all at once. */
const spreadMs = 5_000;

const budgetSchema = z.object({
  version: z.literal(1),
  /** When each query of the last hour was started, in milliseconds, oldest first. */
  queries: z.array(z.number()),
  /** Nobody asks Mixpanel before this moment: what it demanded with a 429. */
  blockedUntil: z.number(),
});
type Budget = z.output<typeof budgetSchema>;

export interface QueryBudget {
  /**
   * Takes one query out of the budget that all functions of a project share.
   *
   * @param kind backfill leaves room for the daily windows.
   * @throws {DeferredError} `budget_exhausted` with the time until the query may be made.
   */
  reserve(kind: 'daily' | 'backfill'): Promise<void>;
  /** Holds every query of the project back for so long, after Mixpanel said 429. */
  block(forMs: number): Promise<void>;
}

interface BudgetOptions {
  readonly projectId: string;
  readonly hourlyQueryBudget: number;
  /** Queries an hour that backfill leaves alone: one for each window that the schedule exports in a day. */
  readonly dailyReserve: number;
  readonly clock: () => number;
  readonly random?: () => number;
}

/** A rolling hour of queries, kept in the archive bucket: Mixpanel counts per project, whatever function asks. */
export function createQueryBudget(store: ObjectStore, options: BudgetOptions): QueryBudget {
  const key = queryBudgetKey(options.projectId);
  const update = async (change: (budget: Budget, nowMs: number) => Budget) => {
    for (let attempt = 0; attempt < maxTries; attempt += 1) {
      const found = await store.getText(key);
      const budget: Budget =
        found === undefined
          ? { version: 1, queries: [], blockedUntil: 0 }
          : parseJsonWith(budgetSchema, found.text, `reading the query budget ${key}`);
      const next = change(budget, options.clock());
      const precondition = found === undefined ? ({ ifAbsent: true } as const) : { ifMatch: found.etag };
      if (await store.put(key, `${JSON.stringify(next)}\n`, { precondition })) return;
    }
    throw new DeferredError(
      'budget_contended',
      `reserving a query: other writers of ${key} kept winning`,
      spreadMs,
    );
  };
  return {
    reserve: (kind) =>
      update((budget, nowMs) => {
        const queries = budget.queries.filter((at) => at > nowMs - hourMs);
        const waitMs = Math.max(
          budget.blockedUntil - nowMs,
          waitForTurn(queries, limitOf(kind, options), nowMs),
        );
        if (waitMs > 0) throw exhausted(waitMs + spreadMs * (options.random ?? Math.random)());
        return { ...budget, queries: [...queries, nowMs] };
      }),
    block: (forMs) =>
      update((budget, nowMs) => ({ ...budget, blockedUntil: Math.max(budget.blockedUntil, nowMs + forMs) })),
  };
}

function limitOf(kind: 'daily' | 'backfill', options: BudgetOptions): number {
  if (kind === 'daily') return options.hourlyQueryBudget;
  // At least one query an hour is left to backfill, however small the budget.
  return Math.max(1, options.hourlyQueryBudget - options.dailyReserve);
}

/** Milliseconds until one more query keeps within both limits; 0 or less when it may be made now. */
function waitForTurn(queries: readonly number[], hourlyLimit: number, nowMs: number): number {
  const oldestInHour = queries.at(-hourlyLimit);
  const oldestInSecond = queries.at(-perSecond);
  return Math.max(
    oldestInHour === undefined ? 0 : oldestInHour + hourMs - nowMs,
    oldestInSecond === undefined ? 0 : oldestInSecond + 1000 - nowMs,
  );
}

function exhausted(waitMs: number): DeferredError {
  return new DeferredError(
    'budget_exhausted',
    'exporting a window: the query budget of the hour is used up',
    waitMs,
  );
}
