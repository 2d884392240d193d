import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { MessageQueue, WorkQueue } from './message-queue.ts';

/** SQS delays no message longer than this. */
export const maxDelaySeconds = 900;
/** SQS keeps a message invisible for at most 12 hours. */
const maxVisibilitySeconds = 12 * 3600;

/** A queue to send to, by its URL. */
export function createSqsQueue(client: SQSClient, url: string): MessageQueue {
  return {
    async send(body, options = {}) {
      await client.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
          DelaySeconds: Math.min(maxDelaySeconds, Math.max(0, Math.ceil(options.delaySeconds ?? 0))),
          MessageAttributes: Object.fromEntries(
            Object.entries(options.attributes ?? {}).map(([name, value]) => [
              name,
              { DataType: 'String', StringValue: value },
            ]),
          ),
        }),
      );
    },
  };
}

/** The queue that a function takes its messages from. */
export function createSqsWorkQueue(client: SQSClient, url: string): WorkQueue {
  return {
    ...createSqsQueue(client, url),
    async hide(receiptHandle, seconds) {
      await client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: url,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(maxVisibilitySeconds, Math.max(0, Math.ceil(seconds))),
        }),
      );
    },
  };
}
