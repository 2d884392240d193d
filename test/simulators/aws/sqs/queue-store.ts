import { join } from 'node:path';
import { openJournal } from './journal.ts';
import { applyRecord, createState, type Queue, type SqsState, snapshot } from './queue-state.ts';
import type { SqsRecord } from './records.ts';
import { sqsError } from './sqs-error.ts';

/** The queues, their journal, and those who wait for a change. */
export interface QueueStore {
  readonly state: SqsState;
  /** Writes the records down and brings them into effect: all of them, or none if writing fails. */
  commit(records: readonly SqsRecord[]): void;
  /** @throws {ApiError} QueueDoesNotExist */
  demand(region: string, url: string): Queue;
  /** Resolves at the queue's next change, at a moment, or when the signal aborts. */
  changed(queue: Queue, until: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Opens the store; messages that were with a reader come back when their time is up, as if nothing had happened. */
export async function openQueueStore(folder: string): Promise<QueueStore> {
  const state = createState();
  const journal = await openJournal(join(folder, 'journal.ndjson'), (record) => applyRecord(state, record));
  const waiting = new Map<string, Set<() => void>>();
  const wake = (key: string) => {
    for (const resume of waiting.get(key) ?? []) resume();
  };
  return {
    state,
    commit(records) {
      journal.append(records);
      for (const record of records) {
        applyRecord(state, record);
        if (record.kind === 'move') wake(record.to);
        if (record.kind !== 'task') wake(record.queue);
      }
      if (journal.isBloated()) {
        forgetExpired(state, Date.now());
        journal.compact(snapshot(state, Date.now()));
      }
    },
    demand(region, url) {
      const queue = state.queues.get(`${region}/${nameInUrl(url)}`);
      if (queue === undefined) throw sqsError('QueueDoesNotExist', 'The specified queue does not exist.');
      return queue;
    },
    changed: (queue, until, signal) => waitFor(waiting, queue.key, until, signal),
    close: () => journal.close(),
  };
}

/** `http://host:port/000000000000/name`; the host is not looked at: it changes from start to start. */
function nameInUrl(url: string): string {
  return /^(?:https?:\/\/[^/]+)?\/000000000000\/([\w.-]+)$/.exec(url)?.[1] ?? '';
}

/** Drops messages that are older than their queue keeps them. */
export function forgetExpired(
  state: SqsState,
  now: number,
  queues: Iterable<Queue> = state.queues.values(),
): void {
  for (const queue of queues) {
    const keptSince = now - Number(queue.attributes.MessageRetentionPeriod) * 1000;
    for (const [id, message] of queue.messages) if (message.sentAt < keptSince) queue.messages.delete(id);
    for (const [id, sent] of queue.sent) if (sent.at < now - 600_000) queue.sent.delete(id);
  }
}

function waitFor(
  waiting: Map<string, Set<() => void>>,
  key: string,
  until: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const waiters = waiting.get(key) ?? new Set();
    waiting.set(key, waiters);
    const resume = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', resume);
      waiters.delete(resume);
      if (waiters.size === 0 && waiting.get(key) === waiters) waiting.delete(key);
      resolve();
    };
    const timer = setTimeout(resume, Math.max(0, until - Date.now()));
    waiters.add(resume);
    signal.addEventListener('abort', resume, { once: true });
    if (signal.aborted) resume();
  });
}
