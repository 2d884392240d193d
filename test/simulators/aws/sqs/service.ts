import { type JsonDialect, jsonReply, prepareJson } from '../json-protocol.ts';
import type { Service } from '../operation.ts';
import { moveOperations } from './move-operations.ts';
import { createTaskRunner } from './move-tasks.ts';
import { queueOperations } from './queue-operations.ts';
import { openQueueStore } from './queue-store.ts';
import { receiveOperations } from './receive-operations.ts';
import { sendOperations } from './send-operations.ts';
import { settleOperations } from './settle-operations.ts';
import { jsonType, queryCode } from './sqs-error.ts';

/** SQS on a folder with one journal for all queues. */
export async function openSqs(folder: string): Promise<Service> {
  const store = await openQueueStore(folder);
  const runner = createTaskRunner(store);
  const dialect: JsonDialect = {
    service: 'sqs',
    contentType: 'application/x-amz-json-1.0',
    subjects: ['QueueUrl', 'QueueName', 'SourceArn'],
    operations: {
      ...queueOperations(store),
      ...sendOperations(store),
      ...receiveOperations(store),
      ...settleOperations(store),
      ...moveOperations(store, runner),
    },
  };
  runner.start();
  return {
    prepare: (request) => prepareJson(request, dialect),
    refuse: (error) =>
      jsonReply(
        error.status,
        dialect,
        { __type: jsonType(error), message: error.message },
        { 'x-amzn-query-error': `${queryCode(error)};${error.status < 500 ? 'Sender' : 'Receiver'}` },
      ),
    async close() {
      runner.stop();
      store.close();
    },
  };
}
