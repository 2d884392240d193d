import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { jsonOperation } from '../json-protocol.ts';
import { isDeadLetterQueue, type TaskRunner } from './move-tasks.ts';
import { keyOfArn, type Queue } from './queue-state.ts';
import type { QueueStore } from './queue-store.ts';
import type { MoveTask } from './records.ts';
import { invalidParameter, sqsError } from './sqs-error.ts';

const startSchema = z.strictObject({
  SourceArn: z.string(),
  DestinationArn: z.string().optional(),
  MaxNumberOfMessagesPerSecond: z.int().min(1).max(500).optional(),
});
const listSchema = z.strictObject({ SourceArn: z.string(), MaxResults: z.int().min(1).max(10).default(1) });

/** StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask. */
export function moveOperations(store: QueueStore, runner: TaskRunner) {
  return {
    StartMessageMoveTask: jsonOperation(startSchema, (input, { region }) => {
      const task = newTask(store, input, region);
      store.commit([{ kind: 'task', task }]);
      runner.start();
      return { TaskHandle: task.handle };
    }),
    ListMessageMoveTasks: jsonOperation(listSchema, ({ SourceArn, MaxResults }, { region }) => {
      const source = demandArn(store, SourceArn, region);
      const newestFirst = tasksOf(store, source).sort((left, right) => right.startedAt - left.startedAt);
      return { Results: newestFirst.slice(0, MaxResults).map(shown) };
    }),
    CancelMessageMoveTask: jsonOperation(z.strictObject({ TaskHandle: z.string() }), ({ TaskHandle }) => {
      const task = store.state.tasks.get(TaskHandle);
      if (task?.status !== 'RUNNING')
        throw sqsError('ResourceNotFoundException', 'Task does not exist or is not running.');
      store.commit([{ kind: 'task', task: { ...task, status: 'CANCELLED' } }]);
      return { ApproximateNumberOfMessagesMoved: task.moved };
    }),
  };
}

function newTask(store: QueueStore, input: z.output<typeof startSchema>, region: string): MoveTask {
  const source = demandArn(store, input.SourceArn, region);
  if (!isDeadLetterQueue(store, source))
    throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
  if (input.DestinationArn !== undefined) demandArn(store, input.DestinationArn, region);
  if (tasksOf(store, source).some(({ status }) => status === 'RUNNING'))
    throw sqsError(
      'UnsupportedOperation',
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    );
  const perSecond = input.MaxNumberOfMessagesPerSecond;
  return {
    handle: Buffer.from(JSON.stringify({ taskId: randomUUID(), sourceArn: source.arn })).toString('base64'),
    source: source.key,
    sourceArn: source.arn,
    ...(input.DestinationArn === undefined ? {} : { destinationArn: input.DestinationArn }),
    ...(perSecond === undefined ? {} : { perSecond }),
    status: 'RUNNING',
    moved: 0,
    toMove: source.messages.size,
    startedAt: Date.now(),
  };
}

function demandArn(store: QueueStore, arn: string, region: string): Queue {
  const key = keyOfArn(arn);
  const queue = key?.startsWith(`${region}/`) ? store.state.queues.get(key) : undefined;
  if (queue === undefined)
    throw sqsError('ResourceNotFoundException', "The resource that you specified doesn't exist.");
  return queue;
}

function tasksOf(store: QueueStore, source: Queue): MoveTask[] {
  return [...store.state.tasks.values()].filter((task) => task.source === source.key);
}

/** The handle is for cancelling, so only a running task shows it. */
function shown(task: MoveTask): object {
  return {
    ...(task.status === 'RUNNING' ? { TaskHandle: task.handle } : {}),
    Status: task.status,
    SourceArn: task.sourceArn,
    DestinationArn: task.destinationArn,
    MaxNumberOfMessagesPerSecond: task.perSecond,
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    FailureReason: task.failureReason,
    StartedTimestamp: task.startedAt,
  };
}
