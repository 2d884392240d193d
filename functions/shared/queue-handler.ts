import middy from '@middy/core';
import sqsPartialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { createLog } from './log.ts';
import { logInvocation } from './log-invocation.ts';
import { parseWith } from './parse.ts';
import { type QueueSetup, type ReceivedMessage, settleMessage } from './settle-message.ts';

const attribute = z.looseObject({ stringValue: z.string().optional() });

/** The part of an SQS event that the connector reads. */
const sqsEventSchema = z.looseObject({
  Records: z.array(
    z.looseObject({
      messageId: z.string().min(1),
      receiptHandle: z.string().min(1),
      body: z.string(),
      attributes: z.looseObject({ ApproximateReceiveCount: z.coerce.number().int().positive() }),
      messageAttributes: z.record(z.string(), attribute).default({}),
    }),
  ),
});

type SqsRecord = z.output<typeof sqsEventSchema>['Records'][number];

/**
 * A Lambda handler for one queue. Every message is settled on its own: one that fails is reported as a partial
 * batch failure and costs its neighbours nothing.
 *
 * @param setUp builds what the function needs; called on the first invocation, and again only if it failed.
 */
export function queueHandler(setUp: () => QueueSetup) {
  let setup: QueueSetup | undefined;
  const settleAll = async (event: SQSEvent, context: Context): Promise<PromiseSettledResult<void>[]> => {
    const { Records } = parseWith(sqsEventSchema, event, 'reading the invocation event', {
      hideValues: true,
    });
    setup ??= setUp();
    const results: PromiseSettledResult<void>[] = [];
    // One after another: the messages share the function's memory, which is sized for one window at a time.
    for (const record of Records) {
      const message = receivedMessage(record, context.awsRequestId);
      results.push(
        ...(await Promise.allSettled([
          settleMessage(setup, message, () => context.getRemainingTimeInMillis()),
        ])),
      );
    }
    setup.metrics.record({ SecondsToSpare: context.getRemainingTimeInMillis() / 1000 });
    return results;
  };
  // The handler answers with settled results; the middleware turns them into the response that Lambda reads.
  return (
    middy<SQSEvent, SQSBatchResponse | PromiseSettledResult<void>[]>()
      // A set-up that failed has no log of its own yet, and must not fail in silence.
      .use(logInvocation(() => setup?.log ?? createLog({})))
      // The middleware's own logger would print whole messages.
      .use(sqsPartialBatchFailure({ logger: () => {} }))
      .handler(settleAll)
  );
}

/** An attribute may come from anywhere, and names objects in the archive; whatever else it is, it is no id of ours. */
const requestId = /^[\w-]{1,128}$/;
/** Nor is a number that would have a message come again at once, for ever. */
const deferralCount = /^\d{1,9}$/;

function receivedMessage(record: SqsRecord, invocation: string): ReceivedMessage {
  const request = record.messageAttributes.request?.stringValue;
  const deferrals = record.messageAttributes.deferrals?.stringValue;
  return {
    body: record.body,
    receiptHandle: record.receiptHandle,
    receiveCount: record.attributes.ApproximateReceiveCount,
    request: request !== undefined && requestId.test(request) ? request : record.messageId,
    deferrals: deferrals !== undefined && deferralCount.test(deferrals) ? Number(deferrals) : 0,
    invocation,
  };
}
