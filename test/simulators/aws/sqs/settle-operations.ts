import * as z from 'zod';
import { jsonOperation } from '../json-protocol.ts';
import { runBatch } from './batch.ts';
import type { Queue } from './queue-state.ts';
import type { QueueStore } from './queue-store.ts';
import { messageOf } from './receipt.ts';
import { invalidParameter, sqsError } from './sqs-error.ts';

const url = { QueueUrl: z.string() };
const deletion = { ReceiptHandle: z.string() };
const change = { ReceiptHandle: z.string(), VisibilityTimeout: z.int() };
const deleteEntry = z.strictObject({ Id: z.string(), ...deletion });
const changeEntry = z.strictObject({ Id: z.string(), ...change });

/** What a reader does with a message: DeleteMessage and ChangeMessageVisibility, and both in batches. */
export function settleOperations(store: QueueStore) {
  return {
    DeleteMessage: jsonOperation(z.strictObject({ ...url, ...deletion }), (input, { region }) =>
      remove(store, store.demand(region, input.QueueUrl), input.ReceiptHandle),
    ),
    DeleteMessageBatch: jsonOperation(
      z.strictObject({ ...url, Entries: z.array(deleteEntry) }),
      ({ QueueUrl, Entries }, { region }) => {
        const queue = store.demand(region, QueueUrl);
        return runBatch(Entries, ({ ReceiptHandle }) => remove(store, queue, ReceiptHandle));
      },
    ),
    ChangeMessageVisibility: jsonOperation(z.strictObject({ ...url, ...change }), (input, { region }) =>
      hide(store, store.demand(region, input.QueueUrl), input),
    ),
    ChangeMessageVisibilityBatch: jsonOperation(
      z.strictObject({ ...url, Entries: z.array(changeEntry) }),
      ({ QueueUrl, Entries }, { region }) => {
        const queue = store.demand(region, QueueUrl);
        return runBatch(Entries, (entry) => hide(store, queue, entry));
      },
    ),
  };
}

/** A second deletion is no error; nor is one by a reader whose message went to somebody else, who keeps it. */
function remove(store: QueueStore, queue: Queue, receipt: string): object {
  const message = messageOf(queue, receipt);
  if (queue.isFifo && message !== undefined && message.visibleAt <= Date.now())
    throw invalidParameter(
      'Value for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.',
    );
  if (message !== undefined) store.commit([{ kind: 'done', queue: queue.key, id: message.id }]);
  return {};
}

/** SQS keeps a message away from others for at most 12 hours. */
const maxSeconds = 43_200;

function hide(
  store: QueueStore,
  queue: Queue,
  {
    ReceiptHandle,
    VisibilityTimeout,
  }: { readonly ReceiptHandle: string; readonly VisibilityTimeout: number },
): object {
  if (VisibilityTimeout < 0 || VisibilityTimeout > maxSeconds)
    throw invalidParameter(
      `Value ${VisibilityTimeout} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and ${maxSeconds}.`,
    );
  const message = messageOf(queue, ReceiptHandle);
  if (message === undefined)
    throw invalidParameter(
      'Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.',
    );
  const now = Date.now();
  if (message.visibleAt <= now)
    throw sqsError('MessageNotInflight', 'The message referred to is not in flight.');
  store.commit([
    { kind: 'hide', queue: queue.key, id: message.id, visibleAt: now + VisibilityTimeout * 1000 },
  ]);
  return {};
}
