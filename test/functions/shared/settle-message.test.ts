import { describe, expect, it } from 'vitest';
import { DeferredError, RetryableError } from '../../../functions/shared/errors.ts';
import { deferPauseMs, retryPauseMs, settleMessage } from '../../../functions/shared/settle-message.ts';
import { createMemoryQueue } from '../../support/memory-queue.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';
import { createRecordedMetrics } from '../../support/recorded-metrics.ts';

describe('a deferred message', () => {
  it('waits as long as it was told to, however often', () => {
    const told = new DeferredError('c', 'm', 7000);
    expect([0, 1, 9].map((deferrals) => deferPauseMs(deferrals, told))).toEqual([7000, 7000, 7000]);
  });

  it('waits twice as long each time, up to 15 minutes, where a vendor does not say how long', () => {
    const untold = new DeferredError('c', 'm', 30_000, { grows: true });
    const pauses = [0, 1, 2, 5, 50].map((deferrals) => deferPauseMs(deferrals, untold, () => 1));
    expect(pauses).toEqual([30_000, 60_000, 120_000, 900_000, 900_000]);
    expect(deferPauseMs(0, untold, () => 0)).toBe(15_000);
  });
});

describe('a message that failed in passing', () => {
  const failure = new RetryableError('c', 'm');

  it('comes back after four times as long each time, up to 15 minutes, and never at the same moment as another', () => {
    const pauses = (random: number) =>
      [1, 2, 3, 4, 5, 10].map((receives) => retryPauseMs(receives, failure, () => random));
    expect(pauses(1)).toEqual([2000, 8000, 32_000, 128_000, 512_000, 900_000]);
    expect(pauses(0)).toEqual([1000, 4000, 16_000, 64_000, 256_000, 450_000]);
  });

  it('comes back no sooner than the vendor asked for', () => {
    const asked = new RetryableError('c', 'm', { retryAfterMs: 60_000 });
    expect(retryPauseMs(1, asked)).toBe(60_000);
    expect(retryPauseMs(10, asked, () => 0)).toBe(450_000);
  });
});

describe('a message that is taken', () => {
  it('is hidden for little longer than the function can last, so that it comes back soon after a crash', async () => {
    const hidden: number[] = [];
    const setup = {
      queue: {
        ...createMemoryQueue(),
        hide: async (_: string, seconds: number) => void hidden.push(seconds),
      },
      deadLetters: createMemoryQueue(),
      maxReceiveCount: 10,
      log: createRecordedLog(),
      metrics: createRecordedMetrics(),
      work: { handle: async () => {}, giveUp: async () => '' },
    };
    const message = { body: '', receiptHandle: 'r', receiveCount: 1, request: 'r', deferrals: 0 };
    await settleMessage(setup, message, () => 900_000);
    expect(hidden).toEqual([930]);
  });
});
