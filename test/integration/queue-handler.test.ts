import {
  CreateQueueCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeferredError, RetryableError, TerminalError } from '../../functions/shared/errors.ts';
import { queueHandler } from '../../functions/shared/queue-handler.ts';
import type { QueueWork } from '../../functions/shared/settle-message.ts';
import { createSqsQueue, createSqsWorkQueue } from '../../functions/shared/sqs-message-queue.ts';
import { startTestAws, type TestAws } from '../support/aws.ts';
import { contextWith, eventOf } from '../support/lambda-invocation.ts';
import { createRecordedLog } from '../support/recorded-log.ts';
import { createRecordedMetrics } from '../support/recorded-metrics.ts';

const maxReceiveCount = 3;
let aws: TestAws;
let queues = 0;

beforeAll(async () => {
  aws = await startTestAws();
});
afterAll(() => aws.close());

async function createQueue(): Promise<string> {
  queues += 1;
  const { QueueUrl } = await aws.sqs.send(
    new CreateQueueCommand({ QueueName: `queue-${queues}`, Attributes: { VisibilityTimeout: '30' } }),
  );
  if (QueueUrl === undefined) throw new Error('no queue URL');
  return QueueUrl;
}

async function receive(queueUrl: string, waitSeconds = 0): Promise<Message[]> {
  const { Messages } = await aws.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages ?? [];
}

const context = contextWith(() => 60_000);

/** A queue with these bodies, and a handler whose work fails as told by the body. */
async function setUp(bodies: readonly string[], failures: Readonly<Record<string, Error>> = {}) {
  const [queueUrl, deadLetterQueueUrl] = [await createQueue(), await createQueue()];
  for (const body of bodies)
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
  const handled: string[] = [];
  const work: QueueWork = {
    async handle({ body }) {
      handled.push(body);
      // The deadline of an invocation that has hardly any time left passes meanwhile.
      if (body === 'slow') await new Promise((resolve) => setTimeout(resolve, 20));
      const failure = failures[body];
      if (failure !== undefined) throw failure;
    },
    giveUp: async ({ body }) => `given up: ${body}`,
  };
  const log = createRecordedLog();
  const metrics = createRecordedMetrics();
  const handler = queueHandler(() => ({
    queue: createSqsWorkQueue(aws.sqs, queueUrl),
    deadLetters: createSqsQueue(aws.sqs, deadLetterQueueUrl),
    maxReceiveCount,
    log,
    metrics,
    work,
  }));
  return { queueUrl, deadLetterQueueUrl, handled, handler, log, metrics };
}

describe('the handler of a queue', () => {
  it('handles every message of a batch, and reports only those that are to be tried again', async () => {
    const { queueUrl, handler, handled } = await setUp(['good', 'cut', 'fine'], {
      cut: new RetryableError('cut', 'reading'),
    });
    const messages = await receive(queueUrl);
    const answer = await handler(eventOf(messages), context);
    expect(handled.sort()).toEqual(['cut', 'fine', 'good']);
    const cut = messages.find((message) => message.Body === 'cut')?.MessageId;
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: cut }] });
  });

  it('makes a message that failed in passing visible again after a short pause', async () => {
    const { queueUrl, handler } = await setUp(['cut'], { cut: new RetryableError('cut', 'reading') });
    await handler(eventOf(await receive(queueUrl)), context);
    expect(await receive(queueUrl)).toEqual([]);
    const [again] = await receive(queueUrl, 5);
    expect(again?.Attributes?.ApproximateReceiveCount).toBe('2');
  });

  it('sends a message anew that has to wait, so that waiting uses up no receive', async () => {
    const { queueUrl, handler } = await setUp(['wait'], {
      wait: new DeferredError('budget', 'waiting', 900),
    });
    const [first] = await receive(queueUrl);
    if (first === undefined) throw new Error('no message');
    expect(await handler(eventOf([first]), context)).toEqual({ batchItemFailures: [] });
    const [anew] = await receive(queueUrl, 5);
    expect(anew).toMatchObject({ Body: 'wait', Attributes: { ApproximateReceiveCount: '1' } });
    expect(anew?.MessageAttributes).toMatchObject({
      request: { StringValue: first.MessageId },
      deferrals: { StringValue: '1' },
    });
  });

  it('puts a hopeless message into the dead-letter queue at once, with code and reason', async () => {
    const { queueUrl, deadLetterQueueUrl, handler } = await setUp(['bad', 'good'], {
      bad: new TerminalError('refused', 'asking: HTTP 400\u0000'),
    });
    expect(await handler(eventOf(await receive(queueUrl)), context)).toEqual({ batchItemFailures: [] });
    const [letter, ...others] = await receive(deadLetterQueueUrl);
    expect(others).toEqual([]);
    expect(letter?.Body).toBe('given up: bad');
    expect(letter?.MessageAttributes).toMatchObject({
      code: { StringValue: 'refused' },
      reason: { StringValue: 'asking: HTTP 400?' },
    });
  });

  it('gives up on the last receive allowed, saying how often it tried', async () => {
    const { queueUrl, deadLetterQueueUrl, handler } = await setUp(['cut'], { cut: new Error('reset') });
    expect(await handler(eventOf(await receive(queueUrl), maxReceiveCount), context)).toEqual({
      batchItemFailures: [],
    });
    const [letter] = await receive(deadLetterQueueUrl);
    expect(letter?.MessageAttributes?.reason?.StringValue).toBe('after 3 tries: handling a message: reset');
  });

  it('does not take the same work for granted after its set-up failed once', async () => {
    let calls = 0;
    const handler = queueHandler(() => {
      calls += 1;
      throw new Error('not yet');
    });
    const event = eventOf([{ MessageId: 'm', ReceiptHandle: 'r', Body: 'b' }]);
    const failed = { batchItemFailures: [{ itemIdentifier: 'm' }] };
    expect(await handler(event, context)).toEqual(failed);
    expect(await handler(event, context)).toEqual(failed);
    expect(calls).toBe(2);
  });

  it('sends what goes on in another message anew at the deadline, and takes it for no failure', async () => {
    const { queueUrl, handler } = await setUp(['slow'], {
      slow: new DeferredError('upload_continues', 'the time is over', 0),
    });
    const [message] = await receive(queueUrl);
    if (message === undefined) throw new Error('no message');
    // What is left is less than an invocation keeps for its end, so that the deadline has passed at once.
    const late = contextWith(() => 15_000);
    expect(await handler(eventOf([message]), late)).toEqual({ batchItemFailures: [] });
    const [again] = await receive(queueUrl, 2);
    expect(again?.Body).toBe('slow');
    expect(again?.MessageAttributes?.deferrals?.StringValue).toBe('1');
  });

  it('counts dead letters, and apart from them refused credentials and failed batches', async () => {
    const { queueUrl, handler, metrics } = await setUp(['refused', 'bad', 'good', 'failed'], {
      failed: new TerminalError('batch_failed', 'batch b ended as failed'),
      refused: new TerminalError('mixpanel_auth', 'asking: HTTP 401'),
      bad: new TerminalError('refused', 'asking: HTTP 400'),
    });
    await handler(eventOf(await receive(queueUrl)), context);
    expect(metrics.counted.sort()).toEqual([
      'BatchesFailed',
      'CredentialsRefused',
      ...['DeadLetters', 'DeadLetters', 'DeadLetters'],
    ]);
  });

  it('takes a request id that could name another object for none, and so a count that would never let it wait', async () => {
    const { queueUrl, handler } = await setUp([], { wait: new DeferredError('budget', 'waiting', 900) });
    await aws.sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: 'wait',
        MessageAttributes: {
          request: { DataType: 'String', StringValue: '../ledger' },
          deferrals: { DataType: 'String', StringValue: '-1e9' },
        },
      }),
    );
    const [first] = await receive(queueUrl);
    await handler(eventOf(first === undefined ? [] : [first]), context);
    const [anew] = await receive(queueUrl, 5);
    expect(anew?.MessageAttributes?.request?.StringValue).toBe(first?.MessageId);
    expect(anew?.MessageAttributes?.deferrals?.StringValue).toBe('1');
  });

  it('prints no message body', async () => {
    const { queueUrl, handler, log } = await setUp(['secret-body'], {
      'secret-body': new RetryableError('cut', 'reading'),
    });
    await handler(eventOf(await receive(queueUrl)), context);
    expect(JSON.stringify(log.entries)).not.toContain('secret-body');
    expect(log.entries).toMatchObject([
      { level: 'warn', message: 'Message:Failed', fields: { code: 'cut' } },
      { level: 'info', message: 'Invocation:Ended', fields: { requestId: 'r' } },
    ]);
  });
});
