import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ApiRequest } from '../api-request.ts';
import { jsonOperation } from '../json-protocol.ts';
import { attributeBytes, md5OfAttributes, selectAttributes } from './message-attributes.ts';
import { deadLetterTarget } from './queue-attributes.ts';
import type { Queue } from './queue-state.ts';
import { forgetExpired, type QueueStore } from './queue-store.ts';
import { createReceipt } from './receipt.ts';
import type { Message, SqsRecord } from './records.ts';
import { sqsError } from './sqs-error.ts';

const receiveSchema = z.strictObject({
  QueueUrl: z.string(),
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  VisibilityTimeout: z.int().min(0).max(43_200).optional(),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
  AttributeNames: z.array(z.string()).default([]),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
  MessageAttributeNames: z.array(z.string()).default([]),
});
type ReceiveInput = z.output<typeof receiveSchema>;

/** What SQS lets be with readers at a time, of a standard queue. */
const maxInFlight = 120_000;
/** The messages of one answer are no more than the largest single one. */
const maxAnswerBytes = 1_048_576;

/** ReceiveMessage, with its long poll. */
export function receiveOperations(store: QueueStore) {
  return {
    ReceiveMessage: jsonOperation(receiveSchema, async (input, { region, gone }) => {
      const messages = await receive(store, store.demand(region, input.QueueUrl), input, gone);
      return messages.length === 0 ? {} : { Messages: messages.map((message) => shown(message, input)) };
    }),
  };
}

/** Takes what there is; while there is nothing, waits. Somebody who has gone away is given nothing. */
async function receive(
  store: QueueStore,
  queue: Queue,
  input: ReceiveInput,
  gone: ApiRequest['gone'],
): Promise<Message[]> {
  const waitSeconds = input.WaitTimeSeconds ?? Number(queue.attributes.ReceiveMessageWaitTimeSeconds);
  const deadline = Date.now() + waitSeconds * 1000;
  for (;;) {
    if (gone.aborted) return [];
    // One clock reading for both questions: a message that becomes visible between two would be seen by neither.
    const now = Date.now();
    const messages = takeVisible({ store, queue, input, now });
    // A deleted queue gives nothing any more.
    if (messages.length > 0 || now >= deadline || !store.state.queues.has(queue.key)) return messages;
    await store.changed(queue, Math.min(deadline, nextVisible(queue, now)), gone);
  }
}

interface Take {
  readonly store: QueueStore;
  readonly queue: Queue;
  readonly input: ReceiveInput;
  readonly now: number;
}

function takeVisible({ store, queue, input, now }: Take): Message[] {
  forgetExpired(store.state, now, [queue]);
  const seconds = input.VisibilityTimeout ?? Number(queue.attributes.VisibilityTimeout);
  const { chosen, moves } = choose(store, queue, input.MaxNumberOfMessages, now);
  const takes: SqsRecord[] = chosen.map((message) => ({
    kind: 'take',
    queue: queue.key,
    id: message.id,
    receipt: createReceipt(queue, message),
    at: now,
    visibleAt: now + seconds * 1000,
  }));
  store.commit([...moves, ...takes]);
  return chosen;
}

/** The messages to give, in order, and those that failed too often and go to the dead-letter queue instead. */
function choose(store: QueueStore, queue: Queue, most: number, now: number) {
  const dead = deadLetterTarget(store.state, queue);
  const chosen: Message[] = [];
  const moves: SqsRecord[] = [];
  const blocked = new Set<string | undefined>();
  let bytes = 0;
  let inFlight = 0;
  for (const message of queue.messages.values()) {
    if (chosen.length === most) break;
    if (message.visibleAt > now) {
      inFlight += message.receipt === undefined ? 0 : 1;
      // A group of a FIFO queue waits for its first message, with a reader or delayed.
      blocked.add(message.groupId);
    } else if (queue.isFifo && blocked.has(message.groupId)) continue;
    else if (dead !== undefined && message.receiveCount >= dead.after)
      moves.push({
        kind: 'move',
        queue: queue.key,
        id: message.id,
        to: dead.to.key,
        message: deadLetter(queue, message, now),
      });
    else {
      bytes += Buffer.byteLength(message.body) + attributeBytes(message.attributes);
      if (chosen.length > 0 && bytes > maxAnswerBytes) break;
      chosen.push(message);
    }
  }
  if (chosen.length > 0 && inFlight >= maxInFlight)
    throw sqsError('OverLimit', 'Too many messages in flight.');
  return { chosen, moves };
}

/** A dead letter keeps its identity, its age and its count; nobody holds it. */
function deadLetter(queue: Queue, { receipt: _, ...message }: Message, now: number): Message {
  return { ...message, visibleAt: now, deadLetterSource: queue.arn };
}

function nextVisible(queue: Queue, now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { visibleAt } of queue.messages.values())
    if (visibleAt > now && visibleAt < next) next = visibleAt;
  return next;
}

function shown(message: Message, input: ReceiveInput) {
  const attributes = selectAttributes(message.attributes, input.MessageAttributeNames);
  const hasAttributes = Object.keys(attributes).length > 0;
  const system = systemAttributes(message, [...input.AttributeNames, ...input.MessageSystemAttributeNames]);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receipt,
    Body: message.body,
    MD5OfBody: createHash('md5').update(message.body).digest('hex'),
    ...(hasAttributes
      ? { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) }
      : {}),
    ...(Object.keys(system).length > 0 ? { Attributes: system } : {}),
  };
}

function systemAttributes(message: Message, wanted: readonly string[]): Record<string, string> {
  const all: Record<string, string | undefined> = {
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? ''),
    SentTimestamp: String(message.sentAt),
    SenderId: '000000000000',
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    SequenceNumber: message.sequence,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn: message.deadLetterSource,
  };
  const isWanted = (name: string) => wanted.includes('All') || wanted.includes(name);
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value !== undefined && isWanted(name) ? [[name, value]] : [],
    ),
  );
}
