import { randomUUID } from 'node:crypto';
import { deadLetterTarget } from './queue-attributes.ts';
import { keyOfArn, type Queue } from './queue-state.ts';
import type { QueueStore } from './queue-store.ts';
import type { Message, MoveTask, SqsRecord } from './records.ts';

/** How often a task moves a few messages. */
const stepMs = 100;
/** Without a wanted rate: as fast as the journal takes them in steps that don't hold up anybody. */
const freeStep = 200;

/** Moves dead letters in the background, for as long as tasks are running. */
export interface TaskRunner {
  /** Takes up the tasks that run, be they new or from before a restart. */
  start(): void;
  stop(): void;
}

/** A runner for all tasks of the store. */
export function createTaskRunner(store: QueueStore): TaskRunner {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
  };
  const step = () => {
    const running = [...store.state.tasks.values()].filter(({ status }) => status === 'RUNNING');
    if (running.length === 0) stop();
    for (const task of running) store.commit(stepOf(store, task, Date.now()));
  };
  return {
    start() {
      timer ??= setInterval(step, stepMs);
    },
    stop,
  };
}

/** What the task does next: some moves and its own new state, in one commit. */
function stepOf(store: QueueStore, task: MoveTask, now: number): SqsRecord[] {
  const source = store.state.queues.get(task.source);
  if (source === undefined) return [ended(task, 'FAILED', 'AWS.SimpleQueueService.NonExistentQueue')];
  const budget = budgetOf(task, now);
  const moves: SqsRecord[] = [];
  for (const message of source.messages.values()) {
    if (moves.length >= budget) break;
    if (message.visibleAt > now) continue;
    const arn = task.destinationArn ?? message.deadLetterSource;
    const to = arn === undefined ? undefined : store.state.queues.get(keyOfArn(arn) ?? '');
    if (to === undefined) {
      const reason =
        arn === undefined ? 'CouldNotDetermineMessageSource' : 'AWS.SimpleQueueService.NonExistentQueue';
      return [...moves, ended({ ...task, moved: task.moved + moves.length }, 'FAILED', reason)];
    }
    moves.push({
      kind: 'move',
      queue: source.key,
      id: message.id,
      to: to.key,
      message: renewed(message, now),
    });
  }
  const moved = { ...task, moved: task.moved + moves.length };
  const isDone = budget > 0 && moves.length < budget;
  if (moves.length === 0 && !isDone) return [];
  return [...moves, isDone ? ended(moved, 'COMPLETED') : { kind: 'task', task: moved }];
}

/** With a rate: as many as the time since the start allows, less those already moved. */
function budgetOf(task: MoveTask, now: number): number {
  if (task.perSecond === undefined) return freeStep;
  const allowed = Math.floor(((now - task.startedAt) / 1000) * task.perSecond) + 1;
  return Math.max(0, Math.min(allowed - task.moved, task.perSecond));
}

/** To its queue a redriven message is a new one: new id, new age, never received. */
function renewed(message: Message, now: number): Message {
  const { deadLetterSource: _source, firstReceivedAt: _first, receipt: _receipt, ...kept } = message;
  return { ...kept, id: randomUUID(), sentAt: now, visibleAt: now, receiveCount: 0 };
}

function ended(task: MoveTask, status: MoveTask['status'], failureReason?: string): SqsRecord {
  return {
    kind: 'task',
    task: { ...task, status, ...(failureReason === undefined ? {} : { failureReason }) },
  };
}

/** Whether some queue gives its failed messages to this one. */
export function isDeadLetterQueue(store: QueueStore, queue: Queue): boolean {
  return [...store.state.queues.values()].some((other) => deadLetterTarget(store.state, other)?.to === queue);
}
