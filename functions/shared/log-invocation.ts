import type { MiddlewareObj } from '@middy/core';
import { describeError } from './errors.ts';
import type { Log } from './log.ts';

/** One line when an invocation ends, and one when it fails; nothing of its event or answer. */
export function logInvocation(log: () => Log, clock: () => number = Date.now): MiddlewareObj {
  let startedMs = 0;
  return {
    before() {
      startedMs = clock();
    },
    after({ context }) {
      log().info('Invocation:Ended', { requestId: context.awsRequestId, ms: clock() - startedMs });
    },
    onError({ context, error }) {
      log().error('Invocation:Failed', {
        requestId: context.awsRequestId,
        ms: clock() - startedMs,
        error: describeError(error),
      });
    },
  };
}
