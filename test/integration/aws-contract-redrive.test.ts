import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { type Aws, contract, failureOf } from './aws-backends.ts';

async function receive(
  aws: Aws,
  QueueUrl: string,
  VisibilityTimeout = 60,
  MaxNumberOfMessages = 10,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    VisibilityTimeout,
    MaxNumberOfMessages,
    MessageSystemAttributeNames: ['All'],
  });
  return (await aws.sqs.send(command)).Messages ?? [];
}

const bodies = (messages: Message[]) => messages.map(({ Body }) => Body);

contract('dead-letter queues', (aws, test) => {
  const arnOf = async (QueueUrl: string) => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
    return (await aws.sqs.send(command)).Attributes?.QueueArn ?? '';
  };
  const pair = async (maxReceiveCount = 2) => {
    const dead = await aws.queue();
    const deadArn = await arnOf(dead);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount });
    return { work: await aws.queue({ RedrivePolicy }), dead, deadArn };
  };
  const send = (QueueUrl: string, MessageBody: string) =>
    aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const fail = async (work: string, times: number) => {
    for (let round = 0; round < times; round++) await receive(aws, work, 0);
  };

  test('moves a message after it was received too often, and not before', async () => {
    const { work, dead } = await pair(2);
    const { MessageId } = await send(work, 'poison');
    await fail(work, 2);
    expect(await receive(aws, dead)).toEqual([]);
    expect(await receive(aws, work)).toEqual([]);
    expect(await receive(aws, dead)).toMatchObject([{ MessageId, Body: 'poison' }]);
  });

  test.differs('does not name it', 'names the queue that gave a message up', async () => {
    const { work, dead } = await pair(1);
    await send(work, 'poison');
    await fail(work, 2);
    const [letter] = await receive(aws, dead);
    expect(letter?.Attributes?.DeadLetterQueueSourceArn).toBe(await arnOf(work));
  });

  test('refuses a policy whose queue does not exist', async () => {
    const QueueUrl = await aws.queue();
    const deadLetterTargetArn = `${await arnOf(QueueUrl)}-missing`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 });
    const change = new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } });
    expect((await failureOf(aws.sqs.send(change))).status).toBe(400);
  });

  test.differs('lacks StartMessageMoveTask', 'sends dead letters back to where they came from', async () => {
    const { work, dead, deadArn } = await pair(1);
    for (const body of ['a', 'b', 'c']) await send(work, body);
    await fail(work, 2);
    const { TaskHandle } = await aws.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn }));
    expect(TaskHandle).toBeTruthy();
    const task = await settled(deadArn);
    expect(task).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3 });
    expect(await receive(aws, dead)).toEqual([]);
    const back = await receive(aws, work);
    expect(bodies(back).sort()).toEqual(['a', 'b', 'c']);
    // As new messages, or the first receipt would send them away again.
    expect(back[0]?.Attributes?.ApproximateReceiveCount).toBe('1');
  });

  test.differs('lacks StartMessageMoveTask', 'sends dead letters to a queue of choice', async () => {
    const { work, deadArn } = await pair(1);
    const other = await aws.queue();
    await send(work, 'x');
    await fail(work, 2);
    const task = { SourceArn: deadArn, DestinationArn: await arnOf(other), MaxNumberOfMessagesPerSecond: 50 };
    await aws.sqs.send(new StartMessageMoveTaskCommand(task));
    await settled(deadArn);
    expect(bodies(await receive(aws, other))).toEqual(['x']);
  });

  test.differs('lacks StartMessageMoveTask', 'fails a task for messages that came from nowhere', async () => {
    const { dead, deadArn } = await pair(1);
    await send(dead, 'sent by hand');
    await aws.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn }));
    const task = await settled(deadArn);
    expect(task).toMatchObject({ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' });
    expect(bodies(await receive(aws, dead))).toEqual(['sent by hand']);
  });

  test.differs('lacks StartMessageMoveTask', 'moves from dead-letter queues only', async () => {
    const SourceArn = await arnOf(await aws.queue());
    const start = aws.sqs.send(new StartMessageMoveTaskCommand({ SourceArn }));
    expect((await failureOf(start)).name).toMatch(/^InvalidParameterValue/);
  });

  async function settled(SourceArn: string) {
    for (;;) {
      const { Results } = await aws.sqs.send(new ListMessageMoveTasksCommand({ SourceArn }));
      const [task] = Results ?? [];
      if (task?.Status !== 'RUNNING') return task;
      await sleep(50);
    }
  }
});

contract('FIFO queues', (aws, test) => {
  const fifo = (more: Record<string, string> = {}) => aws.queue({ FifoQueue: 'true', ...more });
  const send = (QueueUrl: string, MessageBody: string, input: Partial<SendMessageCommandInput> = {}) =>
    aws.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody,
        MessageGroupId: 'group',
        MessageDeduplicationId: randomUUID(),
        ...input,
      }),
    );

  test('gives messages in the order they came, group by group', async () => {
    const queue = await fifo();
    for (const body of ['a1', 'b1', 'a2', 'b2'])
      await send(queue, body, { MessageGroupId: body.slice(0, 1) });
    const messages = await receive(aws, queue);
    expect(bodies(messages).filter((body) => body?.startsWith('a'))).toEqual(['a1', 'a2']);
    expect(bodies(messages).filter((body) => body?.startsWith('b'))).toEqual(['b1', 'b2']);
    expect(messages[0]?.Attributes?.MessageGroupId).toBe('a');
  });

  test('keeps a group back while one of its messages is with a reader', async () => {
    const queue = await fifo();
    for (const body of ['a1', 'a2', 'b1']) await send(queue, body, { MessageGroupId: body.slice(0, 1) });
    const [first] = await receive(aws, queue, 60, 1);
    expect(first?.Body).toBe('a1');
    expect(bodies(await receive(aws, queue))).toEqual(['b1']);
    await aws.sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle: first?.ReceiptHandle }));
    expect(bodies(await receive(aws, queue))).toEqual(['a2']);
  });

  test('takes a repeated message once', async () => {
    const queue = await fifo();
    const MessageDeduplicationId = randomUUID();
    await send(queue, 'one', { MessageDeduplicationId });
    await send(queue, 'two', { MessageDeduplicationId });
    expect(bodies(await receive(aws, queue))).toEqual(['one']);
  });

  test('tells messages apart by their content where the queue says so', async () => {
    const QueueUrl = await fifo({ ContentBasedDeduplication: 'true' });
    for (const MessageBody of ['same', 'same', 'other'])
      await aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'group' }));
    expect(bodies(await receive(aws, QueueUrl))).toEqual(['same', 'other']);
  });

  test('asks for a group and for something to tell repetitions by', async () => {
    const QueueUrl = await fifo();
    const without = aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageGroupId: 'g' }));
    expect((await failureOf(without)).status).toBe(400);
    const ungrouped = aws.sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageDeduplicationId: 'd' }),
    );
    expect((await failureOf(ungrouped)).status).toBe(400);
  });
});
