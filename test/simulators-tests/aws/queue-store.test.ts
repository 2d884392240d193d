import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { awsAt } from '../../integration/aws-backends.ts';
import { type RunningAws, startAws } from '../../simulators/aws/server.ts';

let dataDir: string;
let server: RunningAws;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'queue-store-'));
  server = await startAws({ dataDir });
});
afterEach(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true });
});

async function restart() {
  await server.close();
  server = await startAws({ dataDir });
  return awsAt(server.url).sqs;
}

const journalBytes = () => statSync(join(dataDir, 'sqs', 'journal.ndjson')).size;

describe('the journal of the queues', () => {
  it('is rewritten when most of it is past, and loses nothing that is not', async () => {
    const aws = awsAt(server.url);
    const QueueUrl = await aws.queue({ FifoQueue: 'true', VisibilityTimeout: '600' });
    const send = (MessageBody: string, id: string) =>
      aws.sqs.send(
        new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: id, MessageDeduplicationId: id }),
      );
    await send('held', 'held');
    await send('gone', 'gone');
    const receive = new ReceiveMessageCommand({ QueueUrl });
    const held = await aws.sqs.send(receive);
    // Twelve times 1 MB, received and deleted: more than the 8 MiB that are left alone.
    for (let index = 0; index < 12; index++) {
      const before = (await aws.sqs.send(receive)).Messages?.[0];
      await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: before?.ReceiptHandle }));
      await send('x'.repeat(1_000_000), `big-${index}`);
    }
    expect(journalBytes()).toBeLessThan(9 * 1024 * 1024);

    const sqs = await restart();
    const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] });
    expect((await sqs.send(attributes)).Attributes).toMatchObject({
      VisibilityTimeout: '600',
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
    });
    // A message that is gone is still known as sent, and the reader's handle still fits.
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: 'again',
        MessageGroupId: 'gone',
        MessageDeduplicationId: 'gone',
      }),
    );
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: held.Messages?.[0]?.ReceiptHandle }));
    expect((await sqs.send(attributes)).Attributes).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });

  it('lets a move task go on where it was', async () => {
    const aws = awsAt(server.url);
    const dead = await aws.queue();
    const asked = new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] });
    const SourceArn = (await aws.sqs.send(asked)).Attributes?.QueueArn ?? '';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 });
    const work = await aws.queue({ RedrivePolicy });
    for (const MessageBody of ['a', 'b', 'c'])
      await aws.sqs.send(new SendMessageCommand({ QueueUrl: work, MessageBody }));
    const take = { QueueUrl: work, MaxNumberOfMessages: 10 };
    for (let time = 0; time < 2; time++)
      await aws.sqs.send(new ReceiveMessageCommand({ ...take, VisibilityTimeout: 0 }));
    // Three messages at two a second take more than the moment until the restart.
    const slowly = { SourceArn, MaxNumberOfMessagesPerSecond: 2 };
    await aws.sqs.send(new StartMessageMoveTaskCommand(slowly));

    const sqs = await restart();
    const bodies: (string | undefined)[] = [];
    while (bodies.length < 3) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ ...take, WaitTimeSeconds: 5 }));
      expect(Messages).not.toEqual([]);
      bodies.push(...Messages.map(({ Body }) => Body));
    }
    expect(bodies.sort()).toEqual(['a', 'b', 'c']);
    const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }));
    expect(Results?.[0]?.ApproximateNumberOfMessagesMoved).toBe(3);
  });
});

describe('a reader that waits', () => {
  it('gets a message that becomes visible while the reader looks', async () => {
    const aws = awsAt(server.url);
    const QueueUrl = await aws.queue();
    await aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'late', DelaySeconds: 1 }));
    // Each reading of the clock is 50 ms after the one before: the message's moment lies between two readings.
    let now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => {
      now += 50;
      return now;
    });
    const started = performance.now();
    try {
      const answer = await aws.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
      expect(answer.Messages?.map(({ Body }) => Body)).toEqual(['late']);
      // Where the moment is missed, the reader is woken only by the end of its 20 s.
      expect(performance.now() - started).toBeLessThan(15_000);
    } finally {
      clock.mockRestore();
    }
  });
});
