import { DeferredError, RetryableError, TerminalError } from '../shared/errors.ts';
import type { ExportDeps } from './export-deps.ts';
import type { ExportWorkDeps, WindowRequest } from './work-deps.ts';

/** A window that Mixpanel says lies in the future is asked for again after this. */
const futurePauseMs = 900_000;

/**
 * From such a wait on, the budget counts as exhausted: the limit of queries a second makes windows wait for seconds, and
 * Mixpanel's usual pause is a minute.
 */
const longWaitMs = 300_000;

/**
 * Takes a query out of the budget, and makes it. The credentials come first: without them no query is spent. What waiting
 * will cure, waits in the queue without using up the message's receive count.
 *
 * @throws {DeferredError} when Mixpanel or the budget asks for patience.
 */
export async function awaitQuery<Result>(
  deps: ExportWorkDeps,
  kind: WindowRequest['kind'],
  act: (deps: ExportDeps) => Promise<Result>,
): Promise<Result> {
  await deps.mixpanel.ready();
  const privacyKey = await deps.readPrivacyKey?.();
  await reserve(deps, kind);
  try {
    return await act({ ...deps, ...(privacyKey === undefined ? {} : { privacyKey }) });
  } catch (error) {
    if (error instanceof RetryableError && error.code === 'rate_limited') {
      const pauseMs = await deps.budget.block(error.retryAfterMs);
      throw new DeferredError(error.code, error.message, pauseMs, { cause: error });
    }
    if (error instanceof TerminalError && error.code === 'window_in_future') {
      throw new DeferredError(error.code, error.message, futurePauseMs, { cause: error });
    }
    throw error;
  }
}

/** Waiting is a backfill's way of going on; daily windows that wait are late. */
async function reserve({ budget, metrics }: ExportWorkDeps, kind: WindowRequest['kind']): Promise<void> {
  try {
    metrics.record({ QueriesLeft: await budget.reserve(kind) });
  } catch (error) {
    const isLong = error instanceof DeferredError && error.delayMs >= longWaitMs;
    if (kind === 'daily' && isLong) metrics.count('BudgetExhausted');
    throw error;
  }
}
