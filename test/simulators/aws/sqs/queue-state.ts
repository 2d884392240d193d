import type { Message, MoveTask, SqsRecord } from './records.ts';

/** FIFO queues refuse to take the same message twice within this time. */
export const deduplicationMs = 5 * 60_000;

/** What a FIFO queue answers to a repeated message. */
export interface SentBefore {
  readonly id: string;
  readonly sequence: string;
  readonly at: number;
}

/** A queue as it is now. */
export interface Queue {
  /** `region/name`. */
  readonly key: string;
  readonly name: string;
  readonly arn: string;
  readonly isFifo: boolean;
  attributes: Readonly<Record<string, string>>;
  readonly createdAt: number;
  modifiedAt: number;
  purgedAt: number;
  /** In the order of arrival. */
  readonly messages: Map<string, Message>;
  readonly sent: Map<string, SentBefore>;
}

/** Everything that the journal stands for. */
export interface SqsState {
  readonly queues: Map<string, Queue>;
  readonly tasks: Map<string, MoveTask>;
}

/** @example arnOf('eu-west-1/work') // 'arn:aws:sqs:eu-west-1:000000000000:work' */
export function arnOf(key: string): string {
  return `arn:aws:sqs:${key.replace('/', ':000000000000:')}`;
}

/** The key of a queue's ARN; undefined for what is none. */
export function keyOfArn(arn: string): string | undefined {
  const match = /^arn:aws:sqs:([a-z0-9-]+):000000000000:([\w.-]+)$/.exec(arn);
  return match === null ? undefined : `${match[1]}/${match[2]}`;
}

/** Nothing yet. */
export function createState(): SqsState {
  return { queues: new Map(), tasks: new Map() };
}

/** Brings one record into effect; the very same way when it happens and when it is replayed. */
export function applyRecord(state: SqsState, record: SqsRecord): void {
  if (record.kind === 'task') {
    state.tasks.set(record.task.handle, record.task);
    return;
  }
  if (record.kind === 'queue') {
    applyQueue(state, record);
    return;
  }
  const queue = state.queues.get(record.queue);
  // A queue may have been deleted between a message's receipt and what its reader did next.
  if (queue === undefined) return;
  if (record.kind === 'drop') state.queues.delete(queue.key);
  else if (record.kind === 'move') {
    queue.messages.delete(record.id);
    const target = state.queues.get(record.to);
    if (target !== undefined) addMessage(target, record.message);
  } else applyToQueue(queue, record);
}

function applyQueue(state: SqsState, record: SqsRecord & { kind: 'queue' }): void {
  const present = state.queues.get(record.queue);
  if (present !== undefined) {
    present.attributes = record.attributes;
    present.modifiedAt = record.modifiedAt;
    return;
  }
  const name = record.queue.slice(record.queue.indexOf('/') + 1);
  state.queues.set(record.queue, {
    key: record.queue,
    name,
    arn: arnOf(record.queue),
    isFifo: name.endsWith('.fifo'),
    attributes: record.attributes,
    createdAt: record.createdAt,
    modifiedAt: record.modifiedAt,
    purgedAt: 0,
    messages: new Map(),
    sent: new Map(),
  });
}

type InQueue = Exclude<SqsRecord, { kind: 'task' | 'queue' | 'drop' | 'move' }>;

function applyToQueue(queue: Queue, record: InQueue): void {
  if (record.kind === 'send') addMessage(queue, record.message);
  else if (record.kind === 'done') queue.messages.delete(record.id);
  else if (record.kind === 'sent') queue.sent.set(record.deduplicationId, record);
  else if (record.kind === 'purge') {
    queue.messages.clear();
    queue.purgedAt = record.at;
  } else applyClaim(queue, record);
}

function applyClaim(queue: Queue, record: InQueue & { kind: 'take' | 'hide' }): void {
  const message = queue.messages.get(record.id);
  if (message === undefined) return;
  message.visibleAt = record.visibleAt;
  if (record.kind === 'hide') return;
  message.receipt = record.receipt;
  message.receiveCount += 1;
  message.firstReceivedAt ??= record.at;
}

function addMessage(queue: Queue, message: Message): void {
  // A copy: the record may be applied while its sender still holds it.
  queue.messages.set(message.id, { ...message });
  const { deduplicationId, sequence } = message;
  if (queue.isFifo && deduplicationId !== undefined && sequence !== undefined)
    queue.sent.set(deduplicationId, { id: message.id, sequence, at: message.sentAt });
}

/** The records that build the state from nothing. */
export function* snapshot(state: SqsState, now: number): Generator<SqsRecord> {
  for (const queue of state.queues.values()) {
    const { key, attributes, createdAt, modifiedAt } = queue;
    yield { kind: 'queue', queue: key, attributes: { ...attributes }, createdAt, modifiedAt };
    if (queue.purgedAt > 0) yield { kind: 'purge', queue: key, at: queue.purgedAt };
    for (const message of queue.messages.values()) yield { kind: 'send', queue: key, message };
    for (const [deduplicationId, { id, sequence, at }] of queue.sent)
      if (at + deduplicationMs > now) yield { kind: 'sent', queue: key, deduplicationId, id, sequence, at };
  }
  for (const task of state.tasks.values()) yield { kind: 'task', task };
}
