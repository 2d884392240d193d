import type { EnvironmentPool } from './environment-pool.ts';
import { InvocationError } from './execution-environment.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { hostLine, type LambdaCounts, lambdaMetrics } from './host-lines.ts';

/** What an account has of Lambda. */
export interface LambdaLimits {
  /** So many functions may run at once; what would be one more is refused. @default Lambda's own, 1000 */
  readonly concurrency?: number;
  /** What Lambda's metrics are dated by. @default the clock */
  readonly clock?: () => number;
}

const defaultConcurrency = 1000;

/** A function that the host runs. */
export interface HostedFunction {
  readonly definition: FunctionDefinition;
  readonly pool: EnvironmentPool;
  readonly log: (line: string) => void;
}

/**
 * Invokes a function where the account has room for one more, and writes what Lambda counts of it.
 *
 * @param running how many functions run now, whichever they are.
 */
export function countedInvocation(
  { concurrency = defaultConcurrency, clock = Date.now }: LambdaLimits,
  running: () => number,
) {
  return async ({ definition, pool, log }: HostedFunction, event: unknown): Promise<unknown> => {
    const invokedMs = clock();
    const count = (counts: LambdaCounts) => log(lambdaMetrics(definition.logicalId, counts, invokedMs));
    if (running() >= concurrency) {
      count({ Throttles: 1 });
      throw new InvocationError('throttled', `${concurrency} run, and no more may`);
    }
    try {
      const response = await pool.invoke(event);
      count({ Invocations: 1, Errors: 0 });
      return response;
    } catch (error) {
      // What the host itself ends, Lambda would have let run.
      if (!(error instanceof InvocationError && error.failure === 'stopped')) {
        count({ Invocations: 1, Errors: 1 });
      }
      throw error;
    }
  };
}

/** What the host writes of an invocation that gave no response. */
export function failureLine(error: InvocationError, fields: Readonly<Record<string, unknown>> = {}): string {
  const { failure, message } = error;
  return hostLine('WARN', 'Host:Invocation:Failed', { failure, error: message, ...fields });
}
