import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { Upload } from '@aws-sdk/lib-storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { clientsOf } from '../support/aws-clients.ts';

const main = fileURLToPath(new URL('../simulators/aws/main.ts', import.meta.url));
const readySchema = z.object({ ready: z.literal(true), url: z.url() });
const Bucket = 'archive';

let dataDir: string;
let running: ChildProcess | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'aws-durability-'));
});
afterEach(async () => {
  await kill();
  rmSync(dataDir, { recursive: true });
});

/** Starts the server as a process of its own; its clients don't repeat a call, so that every answer counts. */
async function start() {
  const child = spawn(process.execPath, ['--import', 'tsx', main, '--data', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running = child;
  const lines = createInterface(child.stdout);
  const [line] = await once(lines, 'line');
  return clientsOf(readySchema.parse(JSON.parse(String(line))).url, { maxAttempts: 1 });
}

async function kill(): Promise<void> {
  if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
  running.kill('SIGKILL');
  await once(running, 'exit');
}

interface Tally {
  /** The last version of each key that was acknowledged, and the last that was tried. */
  readonly acknowledged: Map<string, number>;
  readonly tried: Map<string, number>;
  readonly sent: Set<string>;
  readonly deleted: Set<string>;
  /** Deletions that were asked for and perhaps done. */
  readonly deleting: Set<string>;
}

const bodyOf = (key: string, version: number) =>
  `${key} version ${version} `.repeat(2000 + 997 * (version % 5));

describe('the embedded AWS, killed at any moment', () => {
  it('has every object and message that it acknowledged, whole', async () => {
    const tally: Tally = {
      acknowledged: new Map(),
      tried: new Map(),
      sent: new Set(),
      deleted: new Set(),
      deleting: new Set(),
    };
    let clients = await start();
    await clients.s3.send(new CreateBucketCommand({ Bucket }));
    const { QueueUrl = '' } = await clients.sqs.send(
      new CreateQueueCommand({ QueueName: 'work', Attributes: { VisibilityTimeout: '0' } }),
    );
    for (const lifeMs of [150, 400, 250]) {
      const load = [
        ...['raw/a', 'raw/a/b', 'raw/c'].map((key) => writeUntilKilled(clients.s3, key, tally)),
        uploadUntilKilled(clients.s3, 'raw/big', tally),
        sendUntilKilled(clients.sqs, QueueUrl, tally),
      ];
      await sleep(lifeMs);
      await kill();
      await Promise.all(load);
      clients = await start();
      await checkObjects(clients.s3, tally);
    }
    expect(tally.acknowledged.size).toBeGreaterThan(0);
    expect(tally.sent.size).toBeGreaterThan(0);
    const left = await drain(clients.sqs, QueueUrl);
    const due = [...tally.sent].filter((body) => !tally.deleting.has(body));
    expect(due.filter((body) => !left.has(body))).toEqual([]);
    expect([...tally.deleted].filter((body) => left.has(body))).toEqual([]);
  });

  it('keeps a message hidden for as long as its reader was promised', async () => {
    const { sqs } = await start();
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'work' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'held' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'delayed', DelaySeconds: 900 }));
    const taken = await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 3 }));
    const until = Date.now() + 3000;
    await kill();
    const again = await start();
    const receive = (WaitTimeSeconds: number) =>
      again.sqs.send(
        new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds, MessageSystemAttributeNames: ['All'] }),
      );
    const { Messages = [] } = await receive(10);
    expect(Messages).toMatchObject([{ Body: 'held', Attributes: { ApproximateReceiveCount: '2' } }]);
    expect(Date.now()).toBeGreaterThanOrEqual(until - 50);
    expect(taken.Messages?.[0]?.MessageId).toBe(Messages[0]?.MessageId);
  });

  it('has every value of a secret that it acknowledged', async () => {
    const first = await start();
    await first.secrets.send(new CreateSecretCommand({ Name: 'a/b', SecretString: 'one' }));
    await first.secrets.send(new PutSecretValueCommand({ SecretId: 'a/b', SecretString: 'two' }));
    await kill();
    const { secrets } = await start();
    const read = new GetSecretValueCommand({ SecretId: 'a/b' });
    expect((await secrets.send(read)).SecretString).toBe('two');
  });

  it('passes over a record that was only half written', async () => {
    const { sqs } = await start();
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'work' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'whole' }));
    await kill();
    appendFileSync(join(dataDir, 'sqs', 'journal.ndjson'), '{"kind":"send","queue":"eu-we');
    const again = await start();
    await again.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'after' }));
    expect([...(await drain(again.sqs, QueueUrl))].sort()).toEqual(['after', 'whole']);
  });
});

/** Writes version after version of a key until the server is gone. */
async function writeUntilKilled(s3: S3Client, Key: string, tally: Tally): Promise<void> {
  for (let version = (tally.tried.get(Key) ?? 0) + 1; ; version++) {
    tally.tried.set(Key, version);
    try {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: bodyOf(Key, version) }));
    } catch {
      return;
    }
    tally.acknowledged.set(Key, version);
  }
}

async function uploadUntilKilled(s3: S3Client, Key: string, tally: Tally): Promise<void> {
  for (let version = (tally.tried.get(Key) ?? 0) + 1; ; version++) {
    tally.tried.set(Key, version);
    // Beyond one part, so that it is a multipart upload.
    const Body = bodyOf(Key, version).repeat(150);
    try {
      await new Upload({ client: s3, params: { Bucket, Key, Body }, partSize: 5 * 1024 * 1024 }).done();
    } catch {
      return;
    }
    tally.acknowledged.set(Key, version);
  }
}

/** Sends messages and deletes every second one that it gets. */
async function sendUntilKilled(sqs: SQSClient, QueueUrl: string, tally: Tally): Promise<void> {
  for (let number = 0; ; number++) {
    try {
      const MessageBody = randomUUID();
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
      tally.sent.add(MessageBody);
      if (number % 2 === 0) continue;
      const { Messages: [message] = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 1 }),
      );
      if (message?.Body === undefined) continue;
      tally.deleting.add(message.Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      tally.deleted.add(message.Body);
    } catch {
      return;
    }
  }
}

/** Every listed object is, whole, one of its versions, not older than the last acknowledged, and lies where its key says. */
async function checkObjects(s3: S3Client, tally: Tally): Promise<void> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const listed = new Map(Contents.map((object) => [object.Key, object]));
  for (const [key, tried] of tally.tried) {
    const oldest = tally.acknowledged.get(key) ?? 0;
    if (oldest === 0 && !listed.has(key)) continue;
    const found = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
    const body = (await found.Body?.transformToString()) ?? '';
    const version = Number(/version (\d+)/.exec(body)?.[1]);
    expect(version, key).toBeGreaterThanOrEqual(oldest);
    expect(version, key).toBeLessThanOrEqual(tried);
    const isMultipart = key === 'raw/big';
    expect(body === bodyOf(key, version).repeat(isMultipart ? 150 : 1), key).toBe(true);
    expect(listed.get(key)?.Size).toBe(body.length);
    if (!isMultipart) expect(found.ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
    const path = [join(dataDir, 's3', Bucket, `${key}%`), join(dataDir, 's3', Bucket, key)].find(existsSync);
    expect(readFileSync(path ?? key, 'utf8') === body, `the file of ${key}`).toBe(true);
  }
}

/** Takes everything that can be had; what a reader held a second ago comes back meanwhile. */
async function drain(sqs: SQSClient, QueueUrl: string): Promise<Set<string>> {
  const bodies = new Set<string>();
  for (;;) {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 600,
      WaitTimeSeconds: 2,
    });
    const { Messages = [] } = await sqs.send(command);
    if (Messages.length === 0) return bodies;
    for (const { Body } of Messages) if (Body !== undefined) bodies.add(Body);
  }
}
