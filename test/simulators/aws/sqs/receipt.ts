import { randomUUID } from 'node:crypto';
import type { Queue } from './queue-state.ts';
import type { Message } from './records.ts';
import { sqsError } from './sqs-error.ts';

/** A handle for one receipt of a message; it tells its queue and message by itself. */
export function createReceipt(queue: Queue, message: Message): string {
  return Buffer.from(`${queue.key} ${message.id} ${randomUUID()}`).toString('base64');
}

/**
 * The message that a handle stands for; undefined when it is gone, or was received by somebody else since.
 * @throws {ApiError} ReceiptHandleIsInvalid for what this queue never gave out.
 */
export function messageOf(queue: Queue, receipt: string): Message | undefined {
  const [key, id] = Buffer.from(receipt, 'base64').toString('utf8').split(' ');
  if (key !== queue.key || id === undefined)
    throw sqsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
  const message = queue.messages.get(id);
  return message?.receipt === receipt ? message : undefined;
}
