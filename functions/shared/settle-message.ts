import { ConnectorError, DeferredError, describeError, RetryableError, TerminalError } from './errors.ts';
import type { Log } from './log.ts';
import { type MessageQueue, sendable, type WorkQueue } from './message-queue.ts';
import { subjectOf } from './message-subject.ts';
import type { MetricName, Metrics } from './metrics.ts';
import { withTries } from './tries-text.ts';

/** One message as a function received it. */
export interface ReceivedMessage {
  readonly body: string;
  readonly receiptHandle: string;
  readonly receiveCount: number;
  /** Id of the message that first asked; stays the same when a message is sent anew to wait. */
  readonly request: string;
  /** How often it was sent anew. */
  readonly deferrals: number;
  /** Lambda's id of the invocation that it came with, for the log. */
  readonly invocation?: string | undefined;
}

/** The time that an invocation has for its work. */
export interface Deadline {
  /** Aborts when it is over; the little that is left then is for recording how far the work has come. */
  readonly signal: AbortSignal;
  /** Milliseconds left until then. */
  remainingMs(): number;
}

/** What a function does with a message of its queue. */
export interface QueueWork {
  /**
   * Does all the message asks for. What it throws decides the message's fate, see `settleMessage`.
   */
  handle(message: ReceivedMessage, deadline: Deadline): Promise<void>;
  /**
   * Called before a message goes to the dead-letter queue: records what it means for its window.
   *
   * @returns the body to put into the dead-letter queue, such that sending it back tries again.
   */
  giveUp(message: ReceivedMessage, error: ConnectorError): Promise<string>;
}

/** What a queue's function needs beside its messages. */
export interface QueueSetup {
  readonly queue: WorkQueue;
  readonly deadLetters: MessageQueue;
  /** The queue's redrive limit: on the last receive the message is given up with its reason, not just moved. */
  readonly maxReceiveCount: number;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly work: QueueWork;
}

/** Kept free at the end of an invocation: to abort uploads, record the outcome and answer in good order. */
export const settlingReserveMs = 20_000;
/** How much longer than the function a message stays hidden; a crashed function's message comes back after that. */
const leaseMarginSeconds = 30;
/** SQS takes attribute values of any size up to the message's; a reason longer than this helps nobody. */
const maxReasonLength = 1000;

/** Failures that have an alarm of their own, by code. */
const alarmedCodes: Readonly<Record<string, MetricName>> = {
  // A vendor has refused a credential, which nobody but the account's owner can mend.
  mixpanel_auth: 'CredentialsRefused',
  platform_auth: 'CredentialsRefused',
  // Platform has ended a batch, or never did: its words are the only lead.
  batch_failed: 'BatchesFailed',
  batch_stalled: 'BatchesFailed',
  counts_differ: 'BatchesFailed',
};

/** Failures that are counted at each try, since they may pass by themselves: many of them are an alarm. */
const countedCodes: Readonly<Record<string, MetricName>> = { export_incomplete: 'ExportsIncomplete' };

/**
 * Handles one message and settles it with its queue:
 *
 * - done: resolves, and Lambda deletes the message;
 * - `DeferredError`: sends the message anew with a delay (waiting must not use up its receive count), then resolves;
 * - `TerminalError`, or a failure on the last receive allowed: gives up, dead letter with its reason, then resolves;
 * - any other failure: the message becomes visible again after a jittered pause; rejects.
 */
export async function settleMessage(
  setup: QueueSetup,
  message: ReceivedMessage,
  remainingMs: () => number,
): Promise<void> {
  const { queue, log, work } = setup;
  log.begin({ ...subjectOf(message.body), request: message.request, requestId: message.invocation });
  // The queue hides a message for six times the function's timeout. That is right for throttled pollers, too long
  // for a crash: from here on, the message comes back soon after this invocation must have ended.
  await queue.hide(message.receiptHandle, remainingMs() / 1000 + leaseMarginSeconds);
  const workMs = () => Math.max(1, remainingMs() - settlingReserveMs);
  const signal = AbortSignal.timeout(workMs());
  try {
    await work.handle(message, { signal, remainingMs: workMs });
  } catch (cause) {
    const error = classify(cause, signal);
    log.warn('Message:Failed', {
      request: message.request,
      code: error.code,
      error: describeError(error),
      receiveCount: message.receiveCount,
      ...error.context,
    });
    const counted = countedCodes[error.code];
    if (counted !== undefined) setup.metrics.count(counted);
    if (error instanceof DeferredError) return defer(setup, message, error);
    if (error.retryable && message.receiveCount < setup.maxReceiveCount) {
      await queue.hide(message.receiptHandle, retryPauseMs(message.receiveCount, error) / 1000);
      throw error;
    }
    await deadLetter(setup, message, error);
  }
}

/** Anything not raised on purpose is taken for passing, until the last receive. */
function classify(cause: unknown, signal: AbortSignal): ConnectorError {
  // A deferral at the deadline says that there was progress: the rest is another message's work, and no failure.
  if (signal.aborted && !(cause instanceof TerminalError || cause instanceof DeferredError)) {
    return new RetryableError('deadline', 'stopping before the function times out', { cause });
  }
  if (cause instanceof ConnectorError) return cause;
  return new RetryableError('unexpected', 'handling a message', { cause });
}

/**
 * Exponential with half jitter: 2, 8, 32 … seconds up to 15 minutes, so that ten receives cover a vendor's outage
 * of more than half an hour. What the vendor asked for comes first.
 */
export function retryPauseMs(
  receiveCount: number,
  error: ConnectorError,
  random: () => number = Math.random,
): number {
  const ceiling = Math.min(900_000, 2000 * 4 ** (receiveCount - 1));
  const jittered = ceiling / 2 + (ceiling / 2) * random();
  return Math.max(jittered, error instanceof RetryableError ? (error.retryAfterMs ?? 0) : 0);
}

/** As long as a message can sleep in its queue. */
const longestDelayMs = 900_000;

/** How long a message waits: as long as the error says, or twice as long each time with half jitter. */
export function deferPauseMs(
  deferrals: number,
  error: DeferredError,
  random: () => number = Math.random,
): number {
  if (!error.grows) return error.delayMs;
  const ceiling = Math.min(longestDelayMs, error.delayMs * 2 ** deferrals);
  return ceiling / 2 + (ceiling / 2) * random();
}

/** New message first, then the old one is deleted: a crash between them makes two, and every message may come twice. */
async function defer(setup: QueueSetup, message: ReceivedMessage, error: DeferredError): Promise<void> {
  await setup.queue.send(message.body, {
    delaySeconds: deferPauseMs(message.deferrals, error) / 1000,
    attributes: { request: message.request, deferrals: String(message.deferrals + 1) },
  });
}

async function deadLetter(setup: QueueSetup, message: ReceivedMessage, error: ConnectorError): Promise<void> {
  const reason = sendable(withTries(message.receiveCount, describeError(error)).slice(0, maxReasonLength));
  const body = await setup.work.giveUp(message, error);
  await setup.deadLetters.send(body, {
    attributes: { request: message.request, code: error.code, reason },
  });
  setup.metrics.count('DeadLetters');
  const alarmed = alarmedCodes[error.code];
  if (alarmed !== undefined) setup.metrics.count(alarmed);
  setup.log.error('Message:DeadLettered', {
    request: message.request,
    code: error.code,
    error: reason,
    ...error.context,
  });
}
