import { expect, it } from 'vitest';
import { dueSince, startsAround } from '../../../functions/shared/schedule.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();

it.each([
  ['2026-03-08T03:29:59Z', 'UTC', '2026-03-07T03:30:00.000Z', '2026-03-08T03:30:00.000Z'],
  ['2026-03-08T03:30:00Z', 'UTC', '2026-03-08T03:30:00.000Z', '2026-03-09T03:30:00.000Z'],
  // The clocks go forward on the 8th: the next start is 23 hours later.
  ['2026-03-08T09:00:00Z', 'America/New_York', '2026-03-08T07:30:00.000Z', '2026-03-09T07:30:00.000Z'],
  ['2026-03-07T09:00:00Z', 'America/New_York', '2026-03-07T08:30:00.000Z', '2026-03-08T07:30:00.000Z'],
])('tells the starts around %s in %s', (now, timezone, last, next) => {
  const { lastMs, nextMs } = startsAround(at(now), { at: '03:30', timezone });
  expect([iso(lastMs), iso(nextMs)]).toEqual([last, next]);
});

it.each([
  // A day of UTC ends at 17:00 in Los Angeles, hours before the schedule of that night.
  ['2026-03-08', 'America/Los_Angeles', ['UTC'], '2026-03-09T10:30:00.000Z'],
  ['2026-03-08', 'America/Los_Angeles', ['UTC', 'America/Los_Angeles'], '2026-03-09T10:30:00.000Z'],
  // In Tokyo it is 03:30 before the day of UTC has ended; the next night's start asks for it.
  ['2026-03-08', 'Asia/Tokyo', ['Asia/Tokyo'], '2026-03-08T18:30:00.000Z'],
  ['2026-03-08', 'Asia/Tokyo', ['UTC'], '2026-03-09T18:30:00.000Z'],
  ['2026-03-08', 'Asia/Tokyo', ['UTC', 'Asia/Tokyo'], '2026-03-09T18:30:00.000Z'],
])(
  'says since when window %s of a project in %s is due where dates are read in %j',
  (date, timezone, zones, since) => {
    expect(iso(dueSince(date, { at: '03:30', timezone }, zones))).toBe(since);
  },
);
