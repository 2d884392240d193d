import { DeferredError, RetryableError, TerminalError } from '../shared/errors.ts';
import type { ExportDeps } from './export-window.ts';
import type { ExportWorkDeps, WindowRequest } from './work-deps.ts';

/** A window that Mixpanel says lies in the future is asked for again after this. */
const futurePauseMs = 900_000;

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
  await deps.budget.reserve(kind);
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
