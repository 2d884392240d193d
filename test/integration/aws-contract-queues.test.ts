import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { region } from '../support/aws-clients.ts';
import { contract, failureOf } from './aws-backends.ts';

contract('queues', (aws, test) => {
  const send = (QueueUrl: string, MessageBody: string, input: Partial<SendMessageCommandInput> = {}) =>
    aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...input }));
  const receive = async (QueueUrl: string, input: Partial<ReceiveMessageCommandInput> = {}) => {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...input });
    return (await aws.sqs.send(command)).Messages ?? [];
  };
  const attributesOf = async (QueueUrl: string) =>
    (await aws.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ??
    {};

  test('finds a queue by its name, and lists it', async () => {
    const QueueUrl = await aws.queue();
    const QueueName = QueueUrl.split('/').at(-1) ?? '';
    expect((await aws.sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl).toBe(QueueUrl);
    const { QueueUrls } = await aws.sqs.send(new ListQueuesCommand({ QueueNamePrefix: QueueName }));
    expect(QueueUrls).toEqual([QueueUrl]);
    expect((await attributesOf(QueueUrl)).QueueArn).toMatch(
      new RegExp(`^arn:aws:sqs:${region}:\\d{12}:${QueueName}$`),
    );
  });

  test('creates a queue again only as it is', async () => {
    const QueueName = `queue-${randomUUID()}`;
    const create = (VisibilityTimeout: string) =>
      aws.sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout } }));
    const { QueueUrl } = await create('60');
    expect((await create('60')).QueueUrl).toBe(QueueUrl);
    expect((await failureOf(create('61'))).status).toBe(400);
  });

  test('tells a queue that does not exist', async () => {
    const QueueUrl = await aws.queue();
    await aws.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    expect(await failureOf(send(QueueUrl, 'x'))).toEqual({ status: 400, name: 'QueueDoesNotExist' });
  });

  test('changes attributes', async () => {
    const QueueUrl = await aws.queue();
    const change = (Attributes: Record<string, string>) =>
      aws.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    await change({ VisibilityTimeout: '7', DelaySeconds: '3' });
    expect(await attributesOf(QueueUrl)).toMatchObject({ VisibilityTimeout: '7', DelaySeconds: '3' });
  });

  test.differs('takes them', 'refuses attributes that do not exist or can not be', async () => {
    const QueueUrl = await aws.queue();
    const change = (Attributes: Record<string, string>) =>
      aws.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes }));
    expect((await failureOf(change({ NoSuchThing: '1' }))).name).toBe('InvalidAttributeName');
    expect((await failureOf(change({ DelaySeconds: '901' }))).name).toBe('InvalidAttributeValue');
    expect((await attributesOf(QueueUrl)).DelaySeconds).toBe('0');
  });

  test('gives a message with its attributes and its history', async () => {
    const QueueUrl = await aws.queue();
    const before = Date.now();
    const sent = await send(QueueUrl, '{"date":"2026-03-08"}', {
      MessageAttributes: {
        origin: { DataType: 'String', StringValue: 'redrive' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]) },
        count: { DataType: 'Number', StringValue: '3' },
      },
    });
    const [message] = await receive(QueueUrl, {
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    expect(message?.MessageId).toBe(sent.MessageId);
    expect(message?.MD5OfBody).toBe(createHash('md5').update('{"date":"2026-03-08"}').digest('hex'));
    expect(message?.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
    expect(message?.MessageAttributes).toMatchObject({
      origin: { StringValue: 'redrive' },
      count: { StringValue: '3' },
    });
    expect(message?.Attributes?.ApproximateReceiveCount).toBe('1');
    expect(Number(message?.Attributes?.SentTimestamp)).toBeGreaterThanOrEqual(before - 1000);
  });

  test('hides a message from others until its reader deletes it', async () => {
    const QueueUrl = await aws.queue();
    await send(QueueUrl, 'x');
    const [message] = await receive(QueueUrl);
    expect(await receive(QueueUrl)).toEqual([]);
    expect((await attributesOf(QueueUrl)).ApproximateNumberOfMessagesNotVisible).toBe('1');
    await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    expect(await attributesOf(QueueUrl)).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });

  test('gives a message again, counted, when its reader lets it go', async () => {
    const QueueUrl = await aws.queue();
    await send(QueueUrl, 'x');
    const [first] = await receive(QueueUrl);
    const letGo = { QueueUrl, ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 };
    await aws.sqs.send(new ChangeMessageVisibilityCommand(letGo));
    const [second] = await receive(QueueUrl, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    expect(second?.MessageId).toBe(first?.MessageId);
    expect(second?.Attributes).toEqual({ ApproximateReceiveCount: '2' });
  });

  test('gives a message again when its time is up', async () => {
    const QueueUrl = await aws.queue();
    await send(QueueUrl, 'x');
    const [first] = await receive(QueueUrl, { VisibilityTimeout: 1 });
    const [second] = await receive(QueueUrl, { WaitTimeSeconds: 5 });
    expect(second?.MessageId).toBe(first?.MessageId);
    expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
  });

  test.differs(
    'deletes it',
    'leaves a message with its present reader when a former one deletes it',
    async () => {
      const QueueUrl = await aws.queue();
      await send(QueueUrl, 'x');
      const [first] = await receive(QueueUrl, { VisibilityTimeout: 0 });
      await receive(QueueUrl, { VisibilityTimeout: 60 });
      await aws.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
      expect((await attributesOf(QueueUrl)).ApproximateNumberOfMessagesNotVisible).toBe('1');
    },
  );

  test('delivers a delayed message when its time has come', async () => {
    const QueueUrl = await aws.queue();
    await send(QueueUrl, 'later', { DelaySeconds: 1 });
    expect(await receive(QueueUrl)).toEqual([]);
    expect((await attributesOf(QueueUrl)).ApproximateNumberOfMessagesDelayed).toBe('1');
    expect(await receive(QueueUrl, { WaitTimeSeconds: 5 })).toMatchObject([{ Body: 'later' }]);
  });

  test('wakes a waiting reader by a message', async () => {
    const QueueUrl = await aws.queue();
    const waiting = receive(QueueUrl, { WaitTimeSeconds: 20 });
    await sleep(200);
    await send(QueueUrl, 'now');
    expect(await waiting).toMatchObject([{ Body: 'now' }]);
  });

  test('deletes a batch in parts, naming what failed', async () => {
    const QueueUrl = await aws.queue();
    await send(QueueUrl, 'x');
    const [message] = await receive(QueueUrl);
    const deleted = await aws.sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: [
          { Id: 'a', ReceiptHandle: message?.ReceiptHandle },
          { Id: 'b', ReceiptHandle: 'nonsense' },
        ],
      }),
    );
    expect(deleted.Successful).toMatchObject([{ Id: 'a' }]);
    expect(deleted.Failed).toMatchObject([{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }]);
  });

  test.differs('refuses the whole batch', 'sends a batch in parts, naming what failed', async () => {
    const QueueUrl = await aws.queue();
    const nonsense = { n: { DataType: 'Nonsense', StringValue: 'z' } };
    const Entries = [
      { Id: 'good', MessageBody: 'x' },
      { Id: 'bad', MessageBody: 'y', MessageAttributes: nonsense },
    ];
    const sent = await aws.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect(sent.Successful).toMatchObject([{ Id: 'good' }]);
    expect(sent.Failed).toMatchObject([{ Id: 'bad', SenderFault: true }]);
    expect(await receive(QueueUrl)).toMatchObject([{ Body: 'x' }]);
  });

  test('refuses batches that are empty, repeat an id or are too long', async () => {
    const QueueUrl = await aws.queue();
    const batch = (ids: string[]) =>
      aws.sqs.send(
        new SendMessageBatchCommand({ QueueUrl, Entries: ids.map((Id) => ({ Id, MessageBody: 'x' })) }),
      );
    expect((await failureOf(batch([]))).name).toBe('EmptyBatchRequest');
    expect((await failureOf(batch(['a', 'a']))).name).toBe('BatchEntryIdsNotDistinct');
    const many = Array.from({ length: 11 }, (_, index) => `id${index}`);
    expect((await failureOf(batch(many))).name).toBe('TooManyEntriesInBatchRequest');
  });

  test('takes a message of 1 MiB and none above', async () => {
    const QueueUrl = await aws.queue();
    const body = 'x'.repeat(1_048_576);
    await send(QueueUrl, body);
    expect((await receive(QueueUrl))[0]?.Body).toBe(body);
    expect((await failureOf(send(QueueUrl, `${body}x`))).name).toMatch(/^InvalidParameterValue/);
  });

  test('refuses handles and numbers that can not be', async () => {
    const QueueUrl = await aws.queue();
    const remove = new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'nonsense' });
    expect((await failureOf(aws.sqs.send(remove))).name).toBe('ReceiptHandleIsInvalid');
    expect((await failureOf(receive(QueueUrl, { MaxNumberOfMessages: 11 }))).status).toBe(400);
  });

  test.differs('takes it', 'refuses a body that XML could not carry', async () => {
    const QueueUrl = await aws.queue();
    expect((await failureOf(send(QueueUrl, 'a\u0000b'))).name).toBe('InvalidMessageContents');
  });

  test('is empty after a purge', async () => {
    const QueueUrl = await aws.queue();
    await send(QueueUrl, 'x');
    await aws.sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(await receive(QueueUrl)).toEqual([]);
  });
});
