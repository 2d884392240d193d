import { describe, expect, it } from 'vitest';
import { secondClock } from '../../../../functions/export-window/resolve-timestamps.ts';
import { dayStartMs, wholeWindow } from '../../../../functions/export-window/slices/slice.ts';
import {
  createTimeWatch,
  type TimeWatchOptions,
} from '../../../../functions/export-window/slices/time-watch.ts';
import { exportWorld } from '../export-world.ts';

const date = '2026-03-08';
const startMs = dayStartMs(date);
const hour = 3600;
const morning = { id: '1', from: 6 * hour, to: 12 * hour };

/** A watch that has seen events of these seconds of the day. */
function saw(seconds: readonly unknown[], options: Partial<TimeWatchOptions> = {}) {
  const watch = createTimeWatch({ slice: morning, date, instants: undefined, ...options });
  for (const second of seconds) watch.see(typeof second === 'number' ? startMs + second * 1000 : second, 100);
  return watch;
}

/** Eight hours behind UTC, with no change of the clocks near. */
const behind = { first: (ms: number) => ms + 8 * hour * 1000, other: (ms: number) => ms + 8 * hour * 1000 };

describe('the clock that a slice was selected by', () => {
  it.each([
    ['either', 'all events fit both', [7 * hour], { first: (ms: number) => ms, other: (ms: number) => ms }],
    ['either', 'there is one clock alone', [6 * hour, 12 * hour - 0.001], undefined],
    ['stored', 'the instants lie outside', [7 * hour], behind],
    ['utc', 'the stored times lie outside', [-hour, hour], behind],
  ] as const)('is %s where %s', (clock, _, seconds, instants) => {
    expect(saw(seconds, { instants }).clock()).toBe(clock);
  });

  it.each([
    ['before its first second', [6 * hour - 0.001]],
    ['at its end', [12 * hour]],
  ])('is none where an event lies %s', (_, seconds) => {
    expect(() => saw(seconds).clock()).toThrow(
      expect.objectContaining({ code: 'slice_not_filtered', retryable: false }),
    );
  });

  it('is none where events fit now one and now the other', () => {
    expect(() => saw([7 * hour, -hour], { instants: behind }).clock()).toThrow(/mixpanel\.sliceTime/);
  });

  it('is not judged by times that are no numbers, nor for a whole window', () => {
    expect(saw(['2026-03-01T00:00:00', null, undefined]).clock()).toBe('either');
    expect(saw([-40 * hour, 90 * hour], { slice: wholeWindow }).clock()).toBe('either');
  });
});

describe('the second clock of a project that stores wall time', () => {
  const client = { exportWindow: () => Promise.reject(new Error('no query')) };
  const clockOf = (timezone: string, timestamps: 'auto' | 'utc' | 'project' = 'project') =>
    secondClock(exportWorld('http://127.0.0.1:1', { client, mixpanel: { timezone, timestamps } }));

  it('has two instants in an hour that the clocks repeat or leave out, and else one', async () => {
    const clock = await clockOf('America/Los_Angeles');
    const instants = (wall: string) =>
      [clock?.first(Date.parse(wall)), clock?.other(Date.parse(wall))].map((ms) =>
        new Date(ms ?? 0).toISOString().slice(0, 16),
      );
    expect(instants('2025-11-02T01:30:00Z')).toEqual(['2025-11-02T08:30', '2025-11-02T09:30']);
    expect(instants('2026-03-08T02:30:00Z')).toEqual(['2026-03-08T10:30', '2026-03-08T09:30']);
    expect(instants('2026-03-08T12:00:00Z')).toEqual(['2026-03-08T19:00', '2026-03-08T19:00']);
  });

  it('is there while it is not known how the project stores time, but not where both are the same', async () => {
    expect(await clockOf('America/Los_Angeles', 'auto')).toBeDefined();
    expect(await clockOf('America/Los_Angeles', 'utc')).toBeUndefined();
    expect(await clockOf('UTC')).toBeUndefined();
  });
});

describe('the pace of an export', () => {
  /** Sees so many lines of 100 bytes, one each millisecond, of a window of a million bytes in ten seconds. */
  function export_(linesPerMs: number, lines: number): void {
    let nowMs = 0;
    const pace = { expectedBytes: 1_000_000, allowedMs: 10_000, now: () => nowMs };
    const watch = createTimeWatch({ slice: wholeWindow, date, instants: undefined, pace });
    for (let line = 1; line <= lines; line += 1) {
      nowMs = line / linesPerMs;
      watch.see(startMs, 100);
    }
  }

  it('is too slow as soon as it is plain that the time will not do', () => {
    expect(() => export_(0.9, 9_000)).toThrow(
      expect.objectContaining({ code: 'window_too_large', retryable: true }),
    );
  });

  it('is fast enough where the window will be whole in time', () => {
    expect(() => export_(1.1, 10_000)).not.toThrow();
  });

  it('is not judged by its beginning', () => {
    // Four thousand lines in a fifth of the time, by far too few: then it is over.
    expect(() => export_(4096 / 1999, 4096)).not.toThrow();
    const watch = saw([], { slice: wholeWindow });
    for (let line = 0; line < 5000; line += 1) expect(() => watch.see(startMs, 1)).not.toThrow();
  });
});

describe('the number of events of a query', () => {
  it('is bounded by the disk, so that the window is cut before that is full', () => {
    const watch = saw([1 * hour, 2 * hour, 3 * hour], { slice: wholeWindow, maxEvents: 4 });
    watch.see(startMs, 100);
    expect(() => watch.see(startMs, 100)).toThrow(
      expect.objectContaining({ code: 'window_too_large', retryable: true }),
    );
  });
});
