import { expect, it } from 'vitest';
import { timeSortedId } from '../../../functions/shared/ids.ts';

it('makes ids that sort by time and differ within a millisecond', () => {
  const moments = [0, 999, 1000, Date.UTC(2025, 11, 31, 23, 59, 59, 999), Date.UTC(2026, 0, 1), 1.8e12];
  const ids = moments.map(timeSortedId);
  expect(ids.toSorted()).toEqual(ids);
  expect(timeSortedId(Date.UTC(2026, 2, 9, 3, 30, 0, 123))).toMatch(/^20260309T033000123Z-[0-9a-f]{8}$/);
  expect(new Set(Array.from({ length: 100 }, () => timeSortedId(0))).size).toBe(100);
});
