import { describe, expect, it } from 'vitest';
import {
  backfillSchema,
  beginBackfill,
  countLeft,
  estimateBackfillEnd,
  isPast,
  passWindow,
  recordOutcome,
  switchBackfill,
} from '../../../functions/shared/backfill.ts';
import { windowsBetween } from '../../../functions/shared/window.ts';
import fc from '../../support/seeded-fast-check.ts';

const ref = { source: 'shop', request: 'r' };
const range = { from: '2026-02-25', to: '2026-03-05' };
const days = windowsBetween(range.from, range.to);
const fresh = beginBackfill(ref, range, 0);

const outcome = fc.constantFrom('exported' as const, 'failed' as const);
const step = fc.record({ day: fc.constantFrom(...days), outcome, pass: fc.boolean() });

describe('the record of a backfill', () => {
  it('adds up whatever steps come, in whatever order and however often, and never goes back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let backfill = fresh;
        for (const { day, outcome, pass } of steps) {
          const before = backfill;
          backfill = recordOutcome(backfill, day, outcome);
          if (pass) backfill = passWindow(backfill, day);
          expect(countLeft(backfill)).toBeLessThanOrEqual(countLeft(before));
          expect(backfill.done + backfill.failed + countLeft(backfill)).toBe(days.length);
          expect(isPast(backfill, day)).toBe(pass || isPast(before, day));
          expect(backfill.state === 'done').toBe(backfill.next === null);
          expect(backfillSchema.parse(backfill)).toEqual(backfill);
        }
      }),
    );
  });

  it('is the same after a step that is repeated', () => {
    fc.assert(
      fc.property(fc.constantFrom(...days), outcome, (day, result) => {
        const once = passWindow(recordOutcome(fresh, day, result), day);
        expect(recordOutcome(once, day, result)).toBe(once);
        expect(passWindow(once, day)).toBe(once);
      }),
    );
  });

  it('takes a window that was given up and then exported for exported', () => {
    const failed = passWindow(recordOutcome(fresh, days[0] ?? '', 'failed'), days[0] ?? '');
    expect(failed).toMatchObject({ done: 0, failed: 1, failedWindows: [days[0]] });
    expect(recordOutcome(failed, days[0] ?? '', 'exported')).toMatchObject({ done: 1, failed: 0 });
  });

  it('stays cancelled when its last window comes to its end', () => {
    const cancelled = switchBackfill(fresh, 'cancelled');
    expect(passWindow(cancelled, range.to)).toMatchObject({ state: 'cancelled', next: null });
  });

  it('is done although it was paused, when no window is left', () => {
    expect(passWindow(switchBackfill(fresh, 'paused'), range.to).state).toBe('done');
  });
});

describe('the estimated end', () => {
  it('is as many hours away as the windows left need at their rate', () => {
    expect(estimateBackfillEnd(fresh, 3, 1000)).toBe(1000 + 3 * 3_600_000);
    expect(estimateBackfillEnd(passWindow(fresh, days[5] ?? ''), 3, 0)).toBe(3_600_000);
  });

  it('is not told of what does not run, or has no pace of its own', () => {
    expect(estimateBackfillEnd(switchBackfill(fresh, 'paused'), 3, 0)).toBeUndefined();
    expect(estimateBackfillEnd(passWindow(fresh, range.to), 3, 0)).toBeUndefined();
    expect(estimateBackfillEnd(beginBackfill(ref, { ...range, reload: true }, 0), 3, 0)).toBeUndefined();
  });
});
