import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { InvocationError } from './execution-environment.ts';
import type { FlightJournal } from './flight-journal.ts';
import type { QueueMapping } from './function-definition.ts';
import { invokeOnceThereIsRoom } from './invocation-retries.ts';
import { type InFlightMessage, inFlightMessages, messagesDone, sqsEvent } from './sqs-invocation.ts';

export interface QueuePollerOptions {
  readonly sqs: SQSClient;
  readonly mapping: QueueMapping;
  readonly region: string;
  readonly journal: FlightJournal;
  /** @throws {InvocationError} */
  readonly invoke: (event: unknown) => Promise<unknown>;
  readonly onFailure: (error: InvocationError, messageIds: readonly string[]) => void;
  /** Called when the embedded AWS doesn't answer as it should. */
  readonly onTrouble: (error: unknown) => void;
}

export interface QueuePoller {
  /** Receives nothing more from now on. Resolves when the invocations under way have been settled. */
  stop(): Promise<void>;
}

/** SQS gives at most 10 messages to a call, and holds a long poll for at most 20 s. */
const maxReceive = 10;
const longPollSeconds = 20;
/**
 * A message is first claimed for this long, then noted in the journal, then hidden for as long as its queue says. A
 * host that is killed between the first two steps delays the message by this much, and not by hours.
 */
const claimSeconds = 10;
/** Pause after an error of the embedded AWS: it may be about to answer again, and must not be called without end. */
const troublePauseMs = 1000;

/** Takes messages from a queue to its function as Lambda's pollers do, one loop per environment allowed. */
export function startQueuePoller(options: QueuePollerOptions): QueuePoller {
  const stopping = new AbortController();
  const loops = Array.from({ length: options.mapping.maxConcurrency }, () =>
    pollUntil(stopping.signal, options),
  );
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function pollUntil(stopping: AbortSignal, options: QueuePollerOptions): Promise<void> {
  while (!stopping.aborted) {
    try {
      const messages = await receive(stopping, options);
      if (messages.length > 0) await serve(messages, stopping, options);
    } catch (error) {
      if (stopping.aborted) return;
      options.onTrouble(error);
      await sleep(troublePauseMs, undefined, { signal: stopping }).catch(() => {});
    }
  }
}

async function receive(
  stopping: AbortSignal,
  { sqs, mapping }: QueuePollerOptions,
): Promise<InFlightMessage[]> {
  const answer = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: mapping.queueUrl,
      MaxNumberOfMessages: Math.min(maxReceive, mapping.batchSize),
      WaitTimeSeconds: longPollSeconds,
      VisibilityTimeout: claimSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    }),
    { abortSignal: stopping },
  );
  return inFlightMessages(answer.Messages ?? []);
}

/** Runs one invocation for a batch and settles its messages. One that is refused is tried again while they are hidden. */
async function serve(
  claimed: readonly InFlightMessage[],
  stopping: AbortSignal,
  options: QueuePollerOptions,
): Promise<void> {
  const { mapping, journal, invoke } = options;
  const forget = journal.begin({
    queue: queueName(mapping.queueUrl),
    receiptHandles: claimed.map((message) => message.receiptHandle),
  });
  const { messages, untilMs } = await hide(claimed, options);
  if (messages.length === 0) return forget();
  const event = sqsEvent(messages, mapping.queueArn, options.region);
  try {
    const response = await invokeOnceThereIsRoom(() => invoke(event), untilMs, stopping);
    await deleteAll(messagesDone(messages, response, mapping.reportsItemFailures), options);
  } catch (error) {
    if (!(error instanceof InvocationError)) throw error;
    options.onFailure(
      error,
      messages.map((message) => message.id),
    );
    // Ended by the host itself: its next start must show the messages at once, so the journal keeps them.
    if (error.failure === 'stopped') return;
  }
  forget();
}

/** Hides messages as long as their queue says. @returns those that were still claimed, and until when. */
async function hide(
  messages: readonly InFlightMessage[],
  { sqs, mapping }: QueuePollerOptions,
): Promise<{ readonly messages: readonly InFlightMessage[]; readonly untilMs: number }> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: mapping.queueUrl, AttributeNames: ['VisibilityTimeout'] }),
  );
  const seconds = Number(Attributes?.VisibilityTimeout ?? 30);
  const untilMs = Date.now() + seconds * 1000;
  const answer = await sqs.send(
    new ChangeMessageVisibilityBatchCommand({
      QueueUrl: mapping.queueUrl,
      Entries: messages.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      })),
    }),
  );
  const hidden = new Set((answer.Successful ?? []).map((entry) => entry.Id));
  return { messages: messages.filter((_, index) => hidden.has(String(index))), untilMs };
}

async function deleteAll(
  messages: readonly InFlightMessage[],
  { sqs, mapping }: QueuePollerOptions,
): Promise<void> {
  if (messages.length === 0) return;
  await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl: mapping.queueUrl,
      Entries: messages.map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
      })),
    }),
  );
}

/** The last part of a queue's URL. */
export function queueName(queueUrl: string): string {
  return queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
}
