import {
  ChangeMessageVisibilityBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { subjectOf } from '../../functions/shared/message-subject.ts';
import {
  parseWindowMessage,
  type SliceMessage,
  type WindowMessage,
  type WindowRangeMessage,
} from '../../functions/shared/messages.ts';
import { queueDepth } from '../local/queue-depths.ts';
import type { OperatorSource } from './open-operator.ts';
import { inLine } from './printable.ts';

/** A message that was given up. */
export interface DeadLetter {
  readonly queue: 'window' | 'load';
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** `none` for one that SQS moved by itself, after a function had crashed at every receive; `unknown` for none of ours. */
  readonly code: string;
  readonly reason: string;
  readonly request: string | undefined;
  /** The window, or the first of a range. */
  readonly window: string | undefined;
  readonly sentAt: string;
}

/** As the functions take them: whoever may send to the queue writes its attributes, and these name objects. */
const requestId = /^[\w-]{1,128}$/;

/** The request that the message has for the functions, and keeps when it is sent back: SQS leaves what it moves its id. */
export function requestOf({ request, id }: Pick<DeadLetter, 'request' | 'id'>): string {
  return request !== undefined && requestId.test(request) ? request : id;
}

/** A letter that carries a backfill: what is left of the range is asked for by it alone. */
export function rangeOf(letter: Pick<DeadLetter, 'queue' | 'body'>): WindowRangeMessage | undefined {
  const message = windowMessageOf(letter);
  return message !== undefined && 'from' in message ? message : undefined;
}

/** Whether the letter asks for a window as a whole, and so for no more than any later request for the window. */
export function asksForWindow(letter: Pick<DeadLetter, 'queue' | 'body'>): boolean {
  const message = windowMessageOf(letter);
  return message !== undefined && !('type' in message) && 'date' in message;
}

/** Whether the letter asks for one slice of a run. */
export function asksForSlice(letter: Pick<DeadLetter, 'queue' | 'body'>): boolean {
  const message = windowMessageOf(letter);
  return message !== undefined && 'type' in message;
}

function windowMessageOf({
  queue,
  body,
}: Pick<DeadLetter, 'queue' | 'body'>): WindowMessage | SliceMessage | undefined {
  if (queue !== 'window') return undefined;
  try {
    return parseWindowMessage(body);
  } catch {
    // Whoever may send to the queue may send anything, and what can't be read was given up for that.
    return undefined;
  }
}

/** A dead-letter queue of a source, and the queue that its messages came from. */
export interface DeadLetterQueue {
  readonly kind: DeadLetter['queue'];
  readonly url: string;
  readonly workUrl: string;
}

export function deadLetterQueues(source: OperatorSource): readonly DeadLetterQueue[] {
  return [
    { kind: 'window', url: source.windowDeadLetterQueueUrl, workUrl: source.windowQueueUrl },
    { kind: 'load', url: source.loadDeadLetterQueueUrl, workUrl: source.loadQueueUrl },
  ];
}

/** SQS gives ten at most. */
const mostInOneAnswer = 10;
/** SQS asks only some of its servers unless it is let wait; a second is enough for it to ask all. */
const waitSeconds = 1;
/** Longer than looking takes. Should the command be killed while it looks, they are visible again by themselves. */
const hiddenSeconds = 30;

/**
 * Looks at dead letters without taking them: they are hidden for a moment, and made visible again before this ends.
 * Receive counts, which this raises, mean nothing in a dead-letter queue.
 *
 * @param most of them looked at.
 * @returns them, and how many the queue has.
 */
export async function peekDeadLetters(
  sqs: SQSClient,
  queue: DeadLetterQueue,
  most: number,
): Promise<{ readonly count: number; readonly letters: readonly DeadLetter[] }> {
  const letters: DeadLetter[] = [];
  const count = await queueDepth(sqs, queue.url);
  try {
    for await (const some of takeDeadLetters(sqs, queue, { expected: count, seconds: hiddenSeconds })) {
      letters.push(...some);
      if (letters.length >= most) break;
    }
  } finally {
    await makeVisible(sqs, queue, letters);
  }
  return { count, letters };
}

export interface LettersAsked {
  /** How many the queue has. */
  readonly expected: number;
  /** For how long they are hidden from others. */
  readonly seconds: number;
}

/** Takes as much as is expected in a dead-letter queue, some at a time; a message comes once. */
export async function* takeDeadLetters(
  sqs: SQSClient,
  queue: DeadLetterQueue,
  { expected, seconds }: LettersAsked,
): AsyncGenerator<DeadLetter[]> {
  const seen = new Set<string>();
  while (seen.size < expected) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.url,
        MaxNumberOfMessages: mostInOneAnswer,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: seconds,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    const fresh = Messages.filter(({ MessageId = '' }) => !seen.has(MessageId));
    // Nothing new: the rest is with another reader, or the count was an estimate.
    if (fresh.length === 0) return;
    for (const { MessageId = '' } of fresh) seen.add(MessageId);
    yield fresh.map((message) => readDeadLetter(queue.kind, message));
  }
}

/** Gives dead letters back that were taken. */
export async function makeVisible(
  sqs: SQSClient,
  queue: DeadLetterQueue,
  letters: readonly DeadLetter[],
): Promise<void> {
  for (let start = 0; start < letters.length; start += mostInOneAnswer) {
    const Entries = letters.slice(start, start + mostInOneAnswer).map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: 0,
    }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queue.url, Entries }));
  }
}

/** Whoever may send to the queue writes its attributes, and the code ends in a command that is suggested. */
const codeSchema = z
  .string()
  .regex(/^[a-z_]{1,64}$/)
  .catch('unknown');

function readDeadLetter(queue: DeadLetter['queue'], message: Message): DeadLetter {
  const { MessageId = '', ReceiptHandle = '', Body = '', MessageAttributes, Attributes } = message;
  const attribute = (name: string) => MessageAttributes?.[name]?.StringValue;
  return {
    queue,
    id: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    code: codeSchema.parse(attribute('code') ?? 'none'),
    reason: inLine(attribute('reason') ?? 'the function crashed at every receive; its log tells more'),
    request: attribute('request'),
    window: subjectOf(Body).window,
    sentAt: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
  };
}
