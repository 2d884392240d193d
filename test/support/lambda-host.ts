import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { LambdaLimits } from '../../bin/local/counted-invocation.ts';
import type { FunctionDefinition, QueueMapping } from '../../bin/local/function-definition.ts';
import { createLambdaHost, type LambdaHost } from '../../bin/local/lambda-host.ts';
import { queueDepth } from '../../bin/local/queue-depths.ts';
import { startTestAws, type TestAws } from './aws.ts';

const lineSchema = z.looseObject({
  pid: z.number().optional(),
  did: z.string().optional(),
  message: z.string().optional(),
  failure: z.string().optional(),
  error: z.string().optional(),
  receiveCount: z.number().optional(),
  body: z.looseObject({ do: z.string(), n: z.number().optional() }).optional(),
  variables: z.record(z.string(), z.string()).optional(),
  Invocations: z.number().optional(),
  Errors: z.number().optional(),
  Throttles: z.number().optional(),
});
export type HostLine = z.output<typeof lineSchema>;

/** An embedded AWS with one queue and its dead-letter queue, and hosts that feed a fixture function from it. */
export interface HostBench {
  readonly aws: TestAws;
  readonly dataDir: string;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
  /** What the functions and the hosts have said so far. */
  readonly lines: HostLine[];
  host(changes?: HostChanges): LambdaHost;
  send(...bodies: object[]): Promise<void>;
  depth(url: string): Promise<number>;
  /** Waits until `lines` fulfil a condition. @throws with all lines when it takes longer than 15 s. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

export interface HostChanges {
  readonly definition?: Partial<FunctionDefinition>;
  readonly mapping?: Partial<QueueMapping>;
  readonly limits?: LambdaLimits;
}

export interface BenchOptions {
  readonly visibilitySeconds: number;
  readonly maxReceiveCount: number;
}

const codeDir = fileURLToPath(new URL('../fixtures/lambda-host', import.meta.url));
export const fixtureFunction: FunctionDefinition = {
  logicalId: 'Fixture',
  name: 'fixture',
  codeDir,
  handler: 'index.handler',
  timeoutMs: 10_000,
  memoryMb: 256,
  variables: { GREETING: 'hello' },
  jsonLogs: true,
};

export async function openHostBench(options: BenchOptions): Promise<HostBench> {
  const aws = await startTestAws();
  const dataDir = mkdtempSync(join(tmpdir(), 'connector-host-'));
  const lines: HostLine[] = [];
  const hosts: LambdaHost[] = [];
  const { sqs } = aws;
  const create = async (name: string, attributes: Record<string, string>) => {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: attributes }),
    );
    const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    return { url: QueueUrl, arn: answer.Attributes?.QueueArn ?? '' };
  };
  const deadLetters = await create('dead-letters', {});
  const queue = await create('work', {
    VisibilityTimeout: String(options.visibilitySeconds),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: deadLetters.arn,
      maxReceiveCount: options.maxReceiveCount,
    }),
  });
  const bench: HostBench = {
    aws,
    dataDir,
    queueUrl: queue.url,
    deadLetterUrl: deadLetters.url,
    lines,
    host(changes = {}) {
      const host = createLambdaHost({
        functions: [{ ...fixtureFunction, ...changes.definition }],
        mappings: [
          {
            functionId: 'Fixture',
            queueUrl: queue.url,
            queueArn: queue.arn,
            batchSize: 10,
            maxConcurrency: 1,
            reportsItemFailures: true,
            ...changes.mapping,
          },
        ],
        aws: { endpoint: aws.url, region: 'eu-west-1' },
        sqs,
        dataDir,
        logDir: join(dataDir, 'logs'),
        limits: changes.limits ?? {},
        onLine: (_, line) => {
          const parsed = lineSchema.safeParse(line.startsWith('{') ? JSON.parse(line) : {});
          if (parsed.success) lines.push(parsed.data);
        },
      });
      hosts.push(host);
      return host;
    },
    async send(...bodies) {
      for (const body of bodies) {
        await sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: JSON.stringify(body) }));
      }
    },
    depth: (url) => queueDepth(sqs, url),
    async until(what, condition) {
      for (let tries = 0; tries < 300; tries += 1) {
        if (await condition()) return;
        await sleep(50);
      }
      throw new Error(`waited in vain until ${what}; seen: ${JSON.stringify(lines)}`);
    },
    async close() {
      await Promise.all(hosts.map((host) => host.stop(0)));
      await aws.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return bench;
}
