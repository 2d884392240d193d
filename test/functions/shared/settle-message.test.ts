import { describe, expect, it } from 'vitest';
import { DeferredError } from '../../../functions/shared/errors.ts';
import { deferPauseMs } from '../../../functions/shared/settle-message.ts';

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
