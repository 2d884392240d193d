import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ChangeMessageVisibilityCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { createEnvironmentPool, type EnvironmentPool } from './environment-pool.ts';
import { openFlightJournal } from './flight-journal.ts';
import type { AwsTarget, FunctionDefinition, QueueMapping } from './function-definition.ts';
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
}

/** Plays Lambda's part on one machine: runs functions in processes of their own and polls their queues. */
export interface LambdaHost {
  /** Shows the messages that a killed host left hidden, then begins to poll. */
  start(): Promise<void>;
  /** @throws {InvocationError} */
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
  const pools = new Map<string, EnvironmentPool>();
  for (const definition of options.functions) {
    const onLine = (line: string) => log(definition.name, line);
    pools.set(
      definition.logicalId,
      createEnvironmentPool({ definition, aws: options.aws, temporaryDir, onLine }),
    );
  }
  const invoke = (functionId: string, event: unknown) => {
    const pool = pools.get(functionId);
    if (pool === undefined) throw new Error(`the template has no function ${functionId}`);
    return pool.invoke(event);
  };
  const startPoller = (mapping: QueueMapping) => {
    const name = options.functions.find((one) => one.logicalId === mapping.functionId)?.name ?? 'unknown';
    return startQueuePoller({
      ...options,
      mapping,
      journal,
      region: options.aws.region,
      invoke: (event) => invoke(mapping.functionId, event),
      onFailure: (error, messageIds) =>
        log(
          name,
          hostLine('Host:Invocation:Failed', { failure: error.failure, error: error.message, messageIds }),
        ),
      onTrouble: (error) => log(name, hostLine('Host:Queue:Failed', { error: String(error) })),
    });
  };
  let pollers: QueuePoller[] = [];
  return {
    async start() {
      await showLeftOver(options.sqs, journal.leftOver());
      pollers = options.mappings.map(startPoller);
    },
    invoke,
    running: () => [...pools.values()].reduce((sum, pool) => sum + pool.running(), 0),
    peakMemory: () =>
      options.functions.map(({ logicalId, name, memoryMb }) => ({
        name,
        bytes: pools.get(logicalId)?.peakMemoryBytes() ?? 0,
        limitMb: memoryMb,
      })),
    async stop(graceMs) {
      const settled = Promise.all(pollers.map((poller) => poller.stop()));
      const grace = setTimeout(() => void killAll(pools), graceMs);
      await settled;
      clearTimeout(grace);
      await killAll(pools);
    },
  };
}

async function killAll(pools: ReadonlyMap<string, EnvironmentPool>): Promise<void> {
  await Promise.all([...pools.values()].map((pool) => pool.kill()));
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

function hostLine(message: string, fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ level: 'WARN', timestamp: new Date().toISOString(), message, ...fields });
}
