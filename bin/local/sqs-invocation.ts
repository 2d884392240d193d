import type { Message } from '@aws-sdk/client-sqs';
import * as z from 'zod';

/** A received message with what every received message has. */
export interface InFlightMessage {
  readonly id: string;
  readonly receiptHandle: string;
  readonly message: Message;
}

/** Messages that carry an id and a handle; SQS gives both always, only its types leave it open. */
export function inFlightMessages(messages: readonly Message[]): InFlightMessage[] {
  return messages.flatMap((message) =>
    message.MessageId === undefined || message.ReceiptHandle === undefined
      ? []
      : [{ id: message.MessageId, receiptHandle: message.ReceiptHandle, message }],
  );
}

/** The event that Lambda hands to a function for a batch of messages. */
export function sqsEvent(messages: readonly InFlightMessage[], queueArn: string, region: string) {
  return {
    Records: messages.map(({ id, receiptHandle, message }) => ({
      messageId: id,
      receiptHandle,
      body: message.Body ?? '',
      attributes: message.Attributes ?? {},
      messageAttributes: Object.fromEntries(
        Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
          name,
          {
            dataType: value.DataType,
            stringValue: value.StringValue,
            stringListValues: [],
            binaryListValues: [],
            ...(value.BinaryValue && { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
          },
        ]),
      ),
      md5OfBody: message.MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  };
}

const partialResponse = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
});

/**
 * Which messages of a batch are done, as Lambda reads a function's response: an empty one means all; one that can't
 * be read, or names a message that is not in the batch, means none.
 */
export function messagesDone(
  messages: readonly InFlightMessage[],
  response: unknown,
  reportsItemFailures: boolean,
): readonly InFlightMessage[] {
  if (!reportsItemFailures || response === null || response === undefined) return messages;
  const parsed = partialResponse.safeParse(response);
  if (!parsed.success) return [];
  const failed = new Set((parsed.data.batchItemFailures ?? []).map((item) => item.itemIdentifier));
  const known = new Set(messages.map((message) => message.id));
  if ([...failed].some((id) => !known.has(id))) return [];
  return messages.filter((message) => !failed.has(message.id));
}
