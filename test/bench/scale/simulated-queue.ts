import { DeferredError } from '../../../functions/shared/errors.ts';
import { deferPauseMs } from '../../../functions/shared/settle-message.ts';
import { maxDelaySeconds } from '../../../functions/shared/sqs-message-queue.ts';

/** One message, and the work that a function does for it. */
export interface SimulatedMessage {
  /** What it is about, for those who count what waited. */
  readonly window: number;
  /**
   * What happens as soon as a function has taken it.
   *
   * @throws {DeferredError} when it has to wait: it is sent anew.
   */
  begin(): Promise<Work>;
}

/** Work that takes a function some time. */
export interface Work {
  readonly ms: number;
  readonly end?: () => Promise<void> | void;
}

/** A stretch of time in which a message waited, and for what. */
export interface Wait {
  readonly window: number;
  readonly reason: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A queue with the function that it feeds, by a simulated clock. */
export interface SimulatedQueue {
  send(message: SimulatedMessage, delayMs?: number): void;
  /** Ends what has ended by now, and begins what can. */
  advance(): Promise<void>;
  /** When something happens next; undefined when there is nothing to do. */
  nextMs(): number | undefined;
  readonly busy: number;
  readonly counts: { work: number; waits: number; peak: number };
}

interface Held {
  readonly message: SimulatedMessage;
  readonly deferrals: number;
}

export interface QueueOptions {
  readonly clock: () => number;
  readonly random: () => number;
  /** Messages that the function takes at once. */
  readonly concurrency: number;
  /** The reason of waits for a free function. */
  readonly name: string;
  readonly onWait: (wait: Wait) => void;
}

export function createSimulatedQueue(options: QueueOptions): SimulatedQueue {
  const { clock, random, concurrency, name, onWait } = options;
  const visible = createTimeline<Held>();
  const running = createTimeline<Work>();
  const counts = { work: 0, waits: 0, peak: 0 };

  const take = async (held: Held, dueMs: number) => {
    const { message, deferrals } = held;
    const nowMs = clock();
    if (nowMs > dueMs) onWait({ window: message.window, reason: name, fromMs: dueMs, toMs: nowMs });
    try {
      const work = await message.begin();
      counts.work += 1;
      running.add(nowMs + work.ms, work);
      counts.peak = Math.max(counts.peak, running.size());
    } catch (error) {
      if (!(error instanceof DeferredError)) throw error;
      counts.waits += 1;
      const delayMs = Math.min(deferPauseMs(deferrals, error, random), maxDelaySeconds * 1000);
      const toMs = nowMs + delayMs;
      onWait({ window: message.window, reason: error.code, fromMs: nowMs, toMs });
      visible.add(toMs, { message, deferrals: deferrals + 1 });
    }
  };
  return {
    counts,
    get busy() {
      return running.size();
    },
    send: (message, delayMs = 0) => visible.add(clock() + delayMs, { message, deferrals: 0 }),
    async advance() {
      for (let ended = running.takeUntil(clock()); ended !== undefined; ended = running.takeUntil(clock()))
        await ended.value.end?.();
      while (running.size() < concurrency) {
        const due = visible.takeUntil(clock());
        if (due === undefined) return;
        await take(due.value, due.atMs);
      }
    },
    nextMs() {
      const ends = running.firstMs();
      const begins = running.size() < concurrency ? visible.firstMs() : undefined;
      return ends === undefined || begins === undefined ? (ends ?? begins) : Math.min(ends, begins);
    },
  };
}

interface Entry<Value> {
  readonly atMs: number;
  readonly value: Value;
}

/** What happens when, the earliest first; of two at the same moment the one that was added first. */
function createTimeline<Value>() {
  /** Latest first, so that the next one is taken from the end. */
  const entries: Entry<Value>[] = [];
  return {
    size: () => entries.length,
    firstMs: () => entries.at(-1)?.atMs,
    add(atMs: number, value: Value) {
      let [low, high] = [0, entries.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((entries[middle]?.atMs ?? 0) > atMs) low = middle + 1;
        else high = middle;
      }
      entries.splice(low, 0, { atMs, value });
    },
    /** Takes the next one out, if its time has come. */
    takeUntil(nowMs: number): Entry<Value> | undefined {
      const last = entries.at(-1);
      return last !== undefined && last.atMs <= nowMs ? entries.pop() : undefined;
    },
  };
}
