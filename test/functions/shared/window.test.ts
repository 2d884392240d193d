import { describe, expect, it } from 'vitest';
import {
  dueWindows,
  newestSettledWindow,
  nextWindow,
  previousWindow,
  windowBounds,
  windowOf,
  windowsBetween,
} from '../../../functions/shared/window.ts';
import fc from '../../support/seeded-fast-check.ts';
import { allZones, anyInstant, anyZone, changesOf, createClock } from '../../support/zones.ts';

const hour = 3_600_000;

function hours(date: string, zone: string): number {
  const { startMs, endMs } = windowBounds(date, zone);
  return (endMs - startMs) / hour;
}

describe('windowBounds', () => {
  it('gives a day of UTC its 24 hours', () => {
    expect(windowBounds('2026-03-08', 'UTC')).toEqual({
      startMs: Date.UTC(2026, 2, 8),
      endMs: Date.UTC(2026, 2, 9),
    });
  });

  it('is 23 hours long in spring and 25 in autumn', () => {
    expect(hours('2026-03-08', 'US/Pacific')).toBe(23);
    expect(hours('2026-11-01', 'US/Pacific')).toBe(25);
    expect(hours('2026-10-04', 'Australia/Lord_Howe')).toBe(23.5);
  });

  it('begins at one o’clock where midnight does not exist', () => {
    expect(windowBounds('2018-11-04', 'America/Sao_Paulo')).toEqual({
      startMs: Date.UTC(2018, 10, 4, 3),
      endMs: Date.UTC(2018, 10, 5, 2),
    });
  });

  it('is empty for the day that Samoa left out', () => {
    const left = windowBounds('2011-12-30', 'Pacific/Apia');
    expect(left.startMs).toBe(left.endMs);
    expect(windowBounds('2011-12-29', 'Pacific/Apia').endMs).toBe(left.startMs);
    expect(windowOf(left.startMs, 'Pacific/Apia')).toBe('2011-12-31');
    expect(windowOf(left.startMs - 1, 'Pacific/Apia')).toBe('2011-12-29');
  });

  it('keeps the minutes that are repeated after midnight in the day that has begun', () => {
    const zone = 'America/St_Johns';
    const { startMs, endMs } = windowBounds('2010-11-07', zone);
    expect((endMs - startMs) / hour).toBe(25);
    // 00:01 goes back to 23:01 of the sixth.
    const repeated = startMs + 30 * 60_000;
    expect(createClock(zone)(repeated)).toBe('2010-11-06 23:30:00');
    expect(windowOf(repeated, zone)).toBe('2010-11-07');
  });

  it('refuses a day that does not exist', () => {
    expect(() => windowBounds('2026-02-30', 'UTC')).toThrow(RangeError);
    expect(() => windowBounds('2026-02-03', 'Mars/Olympus')).toThrow(RangeError);
  });

  it('tiles time around every change of the clocks in every zone', () => {
    const wrong: string[] = [];
    for (const zone of allZones) {
      const clock = createClock(zone);
      for (const change of changesOf(zone)) {
        const around = windowOf(change, zone);
        for (const date of windowsBetween(previousWindow(around), nextWindow(around))) {
          if (!tiles(date, zone, clock)) wrong.push(`${date} ${zone}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });
});

/** Whether the window starts with its day on the clock, ends before the next, and owns its first and last instant. */
function tiles(date: string, zone: string, clock: (utcMs: number) => string): boolean {
  const { startMs, endMs } = windowBounds(date, zone);
  if (startMs === endMs) return !clock(startMs).startsWith(date);
  return (
    startMs < endMs &&
    windowBounds(nextWindow(date), zone).startMs === endMs &&
    clock(startMs).startsWith(date) &&
    clock(startMs - 1).slice(0, 10) < date &&
    clock(endMs - 1).slice(0, 10) <= date &&
    windowOf(startMs, zone) === date &&
    windowOf(endMs - 1, zone) === date
  );
}

describe('windowOf', () => {
  it('puts every instant into exactly one window, and leaves it out of the neighbours', () => {
    const contains = (date: string, zone: string, ms: number) => {
      const { startMs, endMs } = windowBounds(date, zone);
      return ms >= startMs && ms < endMs;
    };
    fc.assert(
      fc.property(anyInstant, anyZone, (ms, zone) => {
        const date = windowOf(ms, zone);
        const near = [previousWindow(date), date, nextWindow(date)];
        expect(near.filter((window) => contains(window, zone, ms))).toEqual([date]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('windowsBetween', () => {
  it('counts days over the ends of months and leap years', () => {
    expect(windowsBetween('2024-02-27', '2024-03-01')).toEqual([
      '2024-02-27',
      '2024-02-28',
      '2024-02-29',
      '2024-03-01',
    ]);
    expect(windowsBetween('2025-12-31', '2026-01-01')).toEqual(['2025-12-31', '2026-01-01']);
    expect(windowsBetween('2011-01-01', '2010-12-31')).toEqual([]);
    expect(nextWindow(previousWindow('2026-03-01'))).toBe('2026-03-01');
  });
});

describe('dueWindows', () => {
  const at = (text: string) => Date.parse(text);

  it('asks for the last whole day first, then for the look-back', () => {
    const nowMs = at('2026-03-08T03:30:00Z');
    expect(dueWindows({ nowMs, zone: 'UTC', lookbackDays: 2 })).toEqual([
      '2026-03-07',
      '2026-03-06',
      '2026-03-05',
    ]);
    expect(dueWindows({ nowMs, zone: 'UTC', lookbackDays: 0 })).toEqual(['2026-03-07']);
  });

  it('takes a day as settled when it has ended in the zone, and not a millisecond before', () => {
    const midnight = at('2026-03-08T08:00:00Z');
    expect(newestSettledWindow(midnight - 1, 'US/Pacific')).toBe('2026-03-06');
    expect(newestSettledWindow(midnight, 'US/Pacific')).toBe('2026-03-07');
    expect(newestSettledWindow(at('2026-03-07T15:00:00Z'), 'Asia/Tokyo')).toBe('2026-03-07');
  });

  it('goes back no further than Mixpanel’s data, or the first window asked for', () => {
    const nowMs = at('2011-01-03T12:00:00Z');
    const early = { nowMs, zone: 'UTC', lookbackDays: 30 };
    expect(dueWindows(early)).toEqual(['2011-01-02', '2011-01-01']);
    expect(dueWindows({ ...early, firstWindow: '2011-01-02' })).toEqual(['2011-01-02']);
    expect(dueWindows({ ...early, firstWindow: '1999-01-01' })).toEqual(['2011-01-02', '2011-01-01']);
    expect(dueWindows({ ...early, firstWindow: '2012-01-01' })).toEqual([]);
  });

  it('asks only for windows that have ended, each once, without a gap', () => {
    fc.assert(
      fc.property(anyInstant, anyZone, fc.integer({ min: 0, max: 30 }), (nowMs, zone, lookbackDays) => {
        const due = dueWindows({ nowMs, zone, lookbackDays });
        for (const date of due) expect(windowBounds(date, zone).endMs).toBeLessThanOrEqual(nowMs);
        const oldest = due.at(-1);
        const newest = due[0];
        if (oldest === undefined || newest === undefined) return nowMs < Date.UTC(2011, 0, 3);
        expect(due.toReversed()).toEqual(windowsBetween(oldest, newest));
        expect(windowBounds(nextWindow(newest), zone).endMs).toBeGreaterThan(nowMs);
        return due.length === lookbackDays + 1 || oldest === '2011-01-01';
      }),
      { numRuns: 300 },
    );
  });
});
