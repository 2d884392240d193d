import type { MessageQueue } from '../../functions/shared/message-queue.ts';

export interface SentMessage {
  readonly body: unknown;
  readonly delaySeconds: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A queue that keeps what was sent, in order; a test takes the messages out and handles them itself. */
export interface MemoryQueue extends MessageQueue {
  readonly sent: SentMessage[];
}

export function createMemoryQueue(): MemoryQueue {
  const sent: SentMessage[] = [];
  return {
    sent,
    async send(body, options = {}) {
      sent.push({ body, delaySeconds: options.delaySeconds ?? 0, attributes: options.attributes ?? {} });
    },
  };
}
