import type { WorkQueue } from '../../functions/shared/message-queue.ts';
import type { ReceivedMessage } from '../../functions/shared/settle-message.ts';

/** A clock that moves when told to. */
export interface VirtualClock {
  readonly now: () => number;
  advance(ms: number): void;
}

/**
 * @param live whether real time passes as well: for work whose duration matters.
 */
export function createVirtualClock(startMs: number, live = false): VirtualClock {
  let nowMs = startMs;
  const begun = performance.now();
  const passed = () => (live ? Math.floor(performance.now() - begun) : 0);
  return {
    now: () => nowMs + passed(),
    advance: (ms) => {
      nowMs += Math.max(0, ms);
    },
  };
}

/** What is given up unseen, by the queue itself. */
export interface RedrivenMessage {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface VirtualQueueOptions {
  readonly clock: VirtualClock;
  /** How long a received message stays hidden where nobody says otherwise. */
  readonly visibilityMs: number;
  readonly maxReceiveCount: number;
  /** Every message comes so often: SQS promises at least once. @default 1 */
  readonly copies?: number;
}

interface Held {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  visibleAtMs: number;
  receiveCount: number;
  receipt: string | undefined;
}

/** SQS by a virtual clock: delays, visibility, receive counts and redrive. */
export interface VirtualQueue extends WorkQueue {
  /** When the next message can be received; undefined when there is none at all. */
  nextVisibleMs(): number | undefined;
  receive(max: number): ReceivedMessage[];
  delete(receiptHandle: string): void;
  /** Bodies of what lies there, hidden or not. */
  bodies(): string[];
  /** Takes all of it out. */
  drain(): string[];
  /** Moved away after too many receives. */
  readonly redriven: RedrivenMessage[];
  /** The highest receive count that any message came to. */
  maxReceives(): number;
}

/** As SQS limits it. */
const maxDelayMs = 900_000;

export function createVirtualQueue(options: VirtualQueueOptions): VirtualQueue {
  const { clock, visibilityMs, maxReceiveCount, copies = 1 } = options;
  const held = new Set<Held>();
  const redriven: RedrivenMessage[] = [];
  let ids = 0;
  let maxReceives = 0;
  const find = (receiptHandle: string) => [...held].find(({ receipt }) => receipt === receiptHandle);
  const take = (message: Held): ReceivedMessage[] => {
    message.receiveCount += 1;
    maxReceives = Math.max(maxReceives, message.receiveCount);
    if (message.receiveCount > maxReceiveCount) {
      held.delete(message);
      redriven.push({ body: message.body, attributes: message.attributes });
      return [];
    }
    ids += 1;
    message.receipt = `receipt-${ids}`;
    message.visibleAtMs = clock.now() + visibilityMs;
    return [
      {
        body: message.body,
        receiptHandle: message.receipt,
        receiveCount: message.receiveCount,
        request: message.attributes.request ?? message.id,
        deferrals: Number(message.attributes.deferrals ?? 0),
      },
    ];
  };
  return {
    redriven,
    maxReceives: () => maxReceives,
    async send(body, { delaySeconds = 0, attributes = {} } = {}) {
      ids += 1;
      for (let copy = 0; copy < copies; copy += 1) {
        held.add({
          id: `message-${ids}`,
          body: typeof body === 'string' ? body : JSON.stringify(body),
          attributes,
          visibleAtMs: clock.now() + Math.min(maxDelayMs, Math.ceil(delaySeconds) * 1000),
          receiveCount: 0,
          receipt: undefined,
        });
      }
    },
    async hide(receiptHandle, seconds) {
      const message = find(receiptHandle);
      if (message !== undefined) message.visibleAtMs = clock.now() + Math.ceil(seconds) * 1000;
    },
    nextVisibleMs: () =>
      held.size === 0 ? undefined : Math.min(...[...held].map(({ visibleAtMs }) => visibleAtMs)),
    receive: (max) =>
      [...held]
        .filter(({ visibleAtMs }) => visibleAtMs <= clock.now())
        .slice(0, max)
        .flatMap(take),
    delete(receiptHandle) {
      const message = find(receiptHandle);
      if (message !== undefined) held.delete(message);
    },
    bodies: () => [...held].map(({ body }) => body),
    drain() {
      const bodies = [...held].map(({ body }) => body);
      held.clear();
      return bodies;
    },
  };
}
