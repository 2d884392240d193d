import { expect, it } from 'vitest';
import { parseRetryAfter } from '../../../functions/shared/retry-after.ts';

const nowMs = Date.UTC(2026, 2, 9, 12);

it.each([
  ['30', 30_000],
  ['0', 0],
  ['1.5', 1500],
  [new Date(nowMs + 90_000).toUTCString(), 90_000],
  [new Date(nowMs - 90_000).toUTCString(), 0],
  ['86400', 3_600_000],
  [['7', '8'], 7000],
])('reads %j', (header, waitMs) => {
  expect(parseRetryAfter(header, nowMs)).toBe(waitMs);
});

it.each([undefined, '', 'soon', '-5'])('takes %j for no answer', (header) => {
  expect(parseRetryAfter(header, nowMs)).toBeUndefined();
});
