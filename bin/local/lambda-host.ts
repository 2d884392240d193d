import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ChangeMessageVisibilityCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { sendable } from '../../functions/shared/message-queue.ts';
import { createSqsQueue } from '../../functions/shared/sqs-message-queue.ts';
import { countedInvocation, failureLine, type LambdaLimits } from './counted-invocation.ts';
import { createEnvironmentPool, type EnvironmentPool } from './environment-pool.ts';
import type { InvocationError } from './execution-environment.ts';
import { openFlightJournal } from './flight-journal.ts';
import type { AwsTarget, FunctionDefinition, QueueMapping } from './function-definition.ts';
import { hostLine } from './host-lines.ts';
import { invokeByEvent } from './invocation-retries.ts';
import { type QueuePoller, startQueuePoller } from './queue-poller.ts';

export interface LambdaHostOptions {
  readonly functions: readonly FunctionDefinition[];
  readonly mappings: readonly QueueMapping[];
  readonly aws: AwsTarget;
  readonly sqs: SQSClient;
  /** Holds the journal of messages in flight and the functions' own /tmp. */
  readonly dataDir: string;
  /** Gets one file per function. */
  readonly logDir: string;
  /** Every line that a function prints, and every line of the host about it. */
  readonly onLine: (functionName: string, line: string) => void;
  readonly limits?: LambdaLimits;
}

/** Plays Lambda's part on one machine: runs functions in processes of their own and polls their queues. */
export interface LambdaHost {
  /** Shows the messages that a killed host left hidden, then begins to poll. */
  start(): Promise<void>;
  /**
   * Gives a function an event as a schedule does: one that fails three times goes to the function's dead-letter queue.
   *
   * @returns what the function answered, for which a schedule would not wait.
   * @throws {InvocationError} the last failure.
   */
  invoke(functionId: string, event: unknown): Promise<unknown>;
  running(): number;
  /** Per function, by name, the most memory that one of its processes has used. */
  peakMemory(): readonly { readonly name: string; readonly bytes: number; readonly limitMb: number }[];
  /**
   * Receives nothing more, and gives running invocations so long to end.
   *
   * @param graceMs after it, whatever runs is ended; its messages come back at the next start.
   */
  stop(graceMs: number): Promise<void>;
}

/** @param options what a template says, already made in the embedded AWS. */
export function createLambdaHost(options: LambdaHostOptions): LambdaHost {
  const temporaryDir = join(options.dataDir, 'tmp');
  // Left by environments that were killed together with their host.
  rmSync(temporaryDir, { recursive: true, force: true });
  const journal = openFlightJournal(join(options.dataDir, 'in-flight'));
  const log = createFunctionLog(options.logDir, options.onLine);
  const functions = new Map(
    options.functions.map((definition) => {
      const { logicalId, name } = definition;
      const ownLog = (line: string) => log(name, line);
      const pool = createEnvironmentPool({ definition, aws: options.aws, temporaryDir, onLine: ownLog });
      return [logicalId, { definition, pool, log: ownLog }];
    }),
  );
  const pools = [...functions.values()].map(({ pool }) => pool);
  const running = () => pools.reduce((sum, pool) => sum + pool.running(), 0);
  const find = (functionId: string) => {
    const found = functions.get(functionId);
    if (found === undefined) throw new Error(`the template has no function ${functionId}`);
    return found;
  };
  const invokeOnce = countedInvocation(options.limits ?? {}, running);
  const startPoller = (mapping: QueueMapping) => {
    const hosted = find(mapping.functionId);
    return startQueuePoller({
      ...options,
      mapping,
      journal,
      region: options.aws.region,
      invoke: (event) => invokeOnce(hosted, event),
      onFailure: (error, messageIds) => hosted.log(failureLine(error, { messageIds })),
      onTrouble: (error) => hosted.log(hostLine('WARN', 'Host:Queue:Failed', { error: String(error) })),
    });
  };
  const stopping = new AbortController();
  let pollers: QueuePoller[] = [];
  return {
    async start() {
      await showLeftOver(options.sqs, journal.leftOver());
      pollers = options.mappings.map(startPoller);
    },
    async invoke(functionId, event) {
      const hosted = find(functionId);
      return invokeByEvent({
        invoke: () => invokeOnce(hosted, event),
        onFailure: (error) => hosted.log(failureLine(error)),
        giveUp: (error) => sendDeadLetter(options.sqs, hosted.definition, event, error),
        stopping: stopping.signal,
      });
    },
    running,
    peakMemory: () =>
      [...functions.values()].map(({ definition: { name, memoryMb }, pool }) => ({
        name,
        bytes: pool.peakMemoryBytes(),
        limitMb: memoryMb,
      })),
    async stop(graceMs) {
      stopping.abort();
      const settled = Promise.all(pollers.map((poller) => poller.stop()));
      const grace = setTimeout(() => void killAll(pools), graceMs);
      await settled;
      clearTimeout(grace);
      await killAll(pools);
    },
  };
}

/** As Lambda does with an event that nobody waited for. */
async function sendDeadLetter(
  sqs: SQSClient,
  { deadLetterQueueUrl }: FunctionDefinition,
  event: unknown,
  error: InvocationError,
): Promise<void> {
  if (deadLetterQueueUrl === undefined) return;
  await createSqsQueue(sqs, deadLetterQueueUrl).send(event, {
    attributes: { ErrorMessage: sendable(error.message) },
  });
}

async function killAll(pools: readonly EnvironmentPool[]): Promise<void> {
  await Promise.all(pools.map((pool) => pool.kill()));
}

/** Makes visible what was with an invocation when the last host was killed. */
async function showLeftOver(
  sqs: SQSClient,
  entries: ReturnType<ReturnType<typeof openFlightJournal>['leftOver']>,
): Promise<void> {
  for (const { flight, forget } of entries) {
    for (const receiptHandle of flight.receiptHandles) {
      try {
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: flight.queue }));
        await sqs.send(
          new ChangeMessageVisibilityCommand({
            QueueUrl,
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: 0,
          }),
        );
      } catch {
        // The message was deleted, or received again since: then there is nothing to show.
      }
    }
    forget();
  }
}

/** Lines go to a file per function and to the listener. Written at once: a killed host must not lose the last ones. */
function createFunctionLog(dir: string, onLine: LambdaHostOptions['onLine']) {
  mkdirSync(dir, { recursive: true });
  return (functionName: string, line: string) => {
    appendFileSync(join(dir, `${functionName}.log`), `${line}\n`);
    onLine(functionName, line);
  };
}
