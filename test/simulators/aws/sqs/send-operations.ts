import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { jsonOperation } from '../json-protocol.ts';
import { runBatch } from './batch.ts';
import { attributeBytes, checkAttributes, md5OfAttributes } from './message-attributes.ts';
import { deduplicationMs, type Queue } from './queue-state.ts';
import type { QueueStore } from './queue-store.ts';
import { type Message, messageAttributeSchema, type SqsRecord } from './records.ts';
import { invalidParameter, sqsError } from './sqs-error.ts';

const messageInput = {
  MessageBody: z.string(),
  DelaySeconds: z.int().min(0).max(900).optional(),
  MessageAttributes: z.record(z.string(), messageAttributeSchema).optional(),
  MessageSystemAttributes: z.strictObject({ AWSTraceHeader: messageAttributeSchema.optional() }).optional(),
  MessageDeduplicationId: z.string().optional(),
  MessageGroupId: z.string().optional(),
};
const sendSchema = z.strictObject({ QueueUrl: z.string(), ...messageInput });
const entrySchema = z.strictObject({ Id: z.string(), ...messageInput });
const batchSchema = z.strictObject({ QueueUrl: z.string(), Entries: z.array(entrySchema) });

type MessageInput = Omit<z.output<typeof sendSchema>, 'QueueUrl'>;

/** SQS's limit for a message, and for all messages of a batch together: 1 MiB. */
const maxBytes = 1_048_576;

/** SendMessage and SendMessageBatch. */
export function sendOperations(store: QueueStore) {
  return {
    SendMessage: jsonOperation(sendSchema, ({ QueueUrl, ...message }, { region }) => {
      const queue = store.demand(region, QueueUrl);
      return send(store, queue, message);
    }),
    SendMessageBatch: jsonOperation(batchSchema, ({ QueueUrl, Entries }, { region }) => {
      const queue = store.demand(region, QueueUrl);
      return runBatch(
        Entries,
        ({ Id: _, ...message }) => send(store, queue, message),
        () => {
          const bytes = Entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
          if (bytes > maxBytes)
            throw sqsError(
              'BatchRequestTooLong',
              `Batch requests cannot be longer than ${maxBytes} bytes. You have sent ${bytes} bytes.`,
            );
        },
      );
    }),
  };
}

function send(store: QueueStore, queue: Queue, input: MessageInput) {
  checkMessage(queue, input);
  const fifo = queue.isFifo ? fifoIdentity(queue, input) : undefined;
  const now = Date.now();
  const before = fifo && queue.sent.get(fifo.deduplicationId);
  const repeated = before !== undefined && before.at + deduplicationMs > now ? before : undefined;
  const id = repeated?.id ?? randomUUID();
  const sequence = fifo && (repeated?.sequence ?? nextSequence());
  if (repeated === undefined) {
    const message = newMessage(queue, input, { id, now, ...fifo, sequence });
    const record: SqsRecord = { kind: 'send', queue: queue.key, message };
    store.commit([record]);
  }
  const trace = input.MessageSystemAttributes;
  return {
    MessageId: id,
    // Of what was sent now, also when it repeats another message: the sender compares it with its own.
    MD5OfMessageBody: md5(input.MessageBody),
    MD5OfMessageAttributes: md5OfAttributes(input.MessageAttributes ?? {}),
    MD5OfMessageSystemAttributes:
      trace?.AWSTraceHeader && md5OfAttributes({ AWSTraceHeader: trace.AWSTraceHeader }),
    SequenceNumber: sequence,
  };
}

interface Identity {
  readonly id: string;
  readonly now: number;
  readonly deduplicationId?: string;
  readonly sequence: string | undefined;
}

function newMessage(queue: Queue, input: MessageInput, identity: Identity): Message {
  const delaySeconds = input.DelaySeconds ?? Number(queue.attributes.DelaySeconds);
  const { id, now, deduplicationId, sequence } = identity;
  const traceHeader = input.MessageSystemAttributes?.AWSTraceHeader?.StringValue;
  return {
    id,
    body: input.MessageBody,
    attributes: input.MessageAttributes ?? {},
    ...(traceHeader === undefined ? {} : { traceHeader }),
    ...(input.MessageGroupId === undefined ? {} : { groupId: input.MessageGroupId }),
    ...(deduplicationId === undefined ? {} : { deduplicationId }),
    ...(sequence === undefined ? {} : { sequence }),
    sentAt: now,
    visibleAt: now + delaySeconds * 1000,
    receiveCount: 0,
  };
}

/** What SQS takes in a body: the characters of XML 1.0. */
const allowedBody = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

function checkMessage(queue: Queue, input: MessageInput): void {
  if (input.MessageBody === '')
    throw sqsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (!allowedBody.test(input.MessageBody))
    throw sqsError(
      'InvalidMessageContents',
      'Invalid binary character was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  checkAttributes(input.MessageAttributes ?? {});
  const most = Number(queue.attributes.MaximumMessageSize);
  if (bytesOf(input) > most)
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
    );
}

function bytesOf(input: MessageInput): number {
  return Buffer.byteLength(input.MessageBody) + attributeBytes(input.MessageAttributes ?? {});
}

const idPattern = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

function fifoIdentity(queue: Queue, input: MessageInput): { readonly deduplicationId: string } {
  if (input.MessageGroupId === undefined)
    throw sqsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
  if (input.DelaySeconds !== undefined && input.DelaySeconds !== 0)
    throw invalidParameter(
      `Value ${input.DelaySeconds} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  const given = input.MessageDeduplicationId;
  for (const id of [given, input.MessageGroupId])
    if (id !== undefined && !idPattern.test(id))
      throw invalidParameter(
        'MessageDeduplicationId and MessageGroupId must be 1 to 128 visible characters.',
      );
  if (given !== undefined) return { deduplicationId: given };
  if (queue.attributes.ContentBasedDeduplication !== 'true')
    throw invalidParameter(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  return { deduplicationId: createHash('sha256').update(input.MessageBody).digest('hex') };
}

let lastSequence = 0n;

/** Rises within a process by counting and across restarts by the clock; 20 digits, as SQS has them. */
function nextSequence(): string {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastSequence = lastSequence >= now ? lastSequence + 1n : now;
  return String(lastSequence).padStart(20, '0');
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
