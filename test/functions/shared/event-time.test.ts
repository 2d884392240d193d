import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { createTimeCorrection, eventTimeMs, toIso } from '../../../functions/shared/event-time.ts';
import fc from '../../support/seeded-fast-check.ts';
import { anyInstant, anyZone } from '../../support/zones.ts';

/** Mixpanel's years: it takes no event before 1971. */
const anyMs = fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2100, 0, 1) });

describe('eventTimeMs', () => {
  it.each<[unknown, number]>([
    [1602611311, 1602611311000],
    [1602611311.123, 1602611311123],
    [1602611311123, 1602611311123],
    [1602611311123.4, 1602611311123],
    [1602611311123.5, 1602611311124],
    [10_000_000_000, 10_000_000_000_000],
    [10_000_000_001, 10_000_000_001],
    [0, 0],
    [-1, -1000],
    ['1602611311', 1602611311000],
    ['1602611311.5', 1602611311500],
    [' 1602611311123 ', 1602611311123],
    ['1.602611311123e12', 1602611311123],
    ['2020-10-13T17:48:31', 1602611311000],
    ['2020-10-13 17:48:31.123', 1602611311123],
    ['2020-10-13T17:48:31.1234567Z', 1602611311123],
    ['2020-10-13T17:48:31.9996Z', 1602611312000],
    ['2020-10-13T17:48:31,25z', 1602611311250],
    ['2020-10-13T13:48:31-04:00', 1602611311000],
    ['2020-10-13T23:18:31+0530', 1602611311000],
    ['2020-10-13T19:48:31 +02', 1602611311000],
    ['2020-10-13T17:48', 1602611280000],
    ['2020-10-13', 1602547200000],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
  ])('reads %j', (value, ms) => {
    expect(eventTimeMs(value)).toBe(ms);
  });

  it.each<[unknown]>([
    [undefined],
    [null],
    [true],
    [{}],
    [[1602611311]],
    [''],
    [' '],
    ['yesterday'],
    ['0x5f85e6af'],
    ['Infinity'],
    ['2020-13-01'],
    ['2023-02-29'],
    ['2020-10-13T24:00:00'],
    ['2020-10-13T17:60:00'],
    ['2020-10-13T17:48:60'],
    ['2020-10-13T17:48:31+24:00'],
    ['2020-10-13T17:48:31+02:60'],
    ['2020-10-13T'],
    ['13/10/2020'],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1e300],
    [253402300800000],
    [-62167219200001],
  ])('takes %j for no time', (value) => {
    expect(eventTimeMs(value)).toBeUndefined();
  });

  it('gives one instant the same number in whatever form it comes', () => {
    fc.assert(
      fc.property(anyMs, anyZone, (ms, zone) => {
        const time = Temporal.Instant.fromEpochMilliseconds(ms);
        const zoned = time.toString({ timeZone: zone, fractionalSecondDigits: 3 });
        const wall = time.toZonedDateTimeISO('UTC').toPlainDateTime().toString();
        expect([ms / 1000, String(ms / 1000), time.toString(), wall].map(eventTimeMs)).toEqual(
          Array(4).fill(ms),
        );
        // Offsets of seconds, as zones had them until 1972, have no ISO form.
        const offset = time.toZonedDateTimeISO(zone).offsetNanoseconds;
        if (offset % 60_000_000_000 === 0) expect(eventTimeMs(zoned)).toBe(ms);
        if (ms > 1e10) expect([ms, String(ms)].map(eventTimeMs)).toEqual([ms, ms]);
      }),
    );
  });

  it('never throws, and gives a whole number of milliseconds or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.double(), fc.string()), (value) => {
        const ms = eventTimeMs(value);
        return ms === undefined || (Number.isSafeInteger(ms) && !Object.is(ms, -0));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('createTimeCorrection', () => {
  const at = (text: string) => Date.parse(text);

  it('leaves the times of a project that stores UTC alone', () => {
    const correct = createTimeCorrection({ timestamps: 'utc', zone: 'US/Pacific' });
    expect(correct(1602611311123)).toBe(1602611311123);
  });

  it('undoes the shift of a project that stores wall time', () => {
    const pacific = createTimeCorrection({ timestamps: 'project', zone: 'US/Pacific' });
    expect(pacific(at('2026-01-10T08:00:00Z'))).toBe(at('2026-01-10T16:00:00Z'));
    expect(pacific(at('2026-07-10T08:00:00Z'))).toBe(at('2026-07-10T15:00:00Z'));
    const india = createTimeCorrection({ timestamps: 'project', zone: 'Asia/Kolkata' });
    expect(india(at('2026-01-10T08:00:00Z'))).toBe(at('2026-01-10T02:30:00Z'));
  });

  it('takes the first of the two instants of a repeated hour, to its last millisecond', () => {
    const correct = createTimeCorrection({ timestamps: 'project', zone: 'US/Pacific' });
    expect(correct(at('2026-11-01T01:30:00Z'))).toBe(at('2026-11-01T08:30:00Z'));
    expect(correct(at('2026-11-01T01:59:59.999Z'))).toBe(at('2026-11-01T08:59:59.999Z'));
    expect(correct(at('2026-11-01T02:00:00Z'))).toBe(at('2026-11-01T10:00:00Z'));
  });

  it('reads a time inside the hour that spring leaves out with winter’s offset', () => {
    const correct = createTimeCorrection({ timestamps: 'project', zone: 'US/Pacific' });
    // 11 March 2018, 02:00 to 02:59: met in real exports.
    expect(correct(at('2018-03-11T02:30:00Z'))).toBe(at('2018-03-11T10:30:00Z'));
    expect(correct(at('2018-03-11T03:00:00Z'))).toBe(at('2018-03-11T10:00:00Z'));
  });

  it('gives back every instant that was stored, except the second pass through a repeated hour', () => {
    fc.assert(
      fc.property(anyInstant, anyZone, (utcMs, zone) => {
        const time = Temporal.Instant.fromEpochMilliseconds(utcMs).toZonedDateTimeISO(zone);
        const stored = utcMs + time.offsetNanoseconds / 1e6;
        const found = createTimeCorrection({ timestamps: 'project', zone })(stored);
        const first = time.toPlainDateTime().toZonedDateTime(zone, { disambiguation: 'earlier' });
        expect(found).toBe(first.epochMilliseconds);
        expect(found).toBeLessThanOrEqual(utcMs);
      }),
      { numRuns: 400 },
    );
  });
});

describe('toIso', () => {
  it('writes what Date writes, for every year', () => {
    const anyYear = fc.integer({ min: -62167219200000, max: 253402300799999 });
    fc.assert(
      fc.property(fc.oneof(anyYear, anyMs), (ms) => toIso(ms) === new Date(ms).toISOString()),
      {
        numRuns: 2000,
        examples: [
          [0],
          [-1],
          [86_400_000],
          [86_399_999],
          [-86_400_000],
          [-62167219200000],
          [253402300799999],
        ],
      },
    );
  });

  it('does not keep the day of the record before', () => {
    expect(toIso(Date.UTC(2026, 2, 8, 23, 59, 59, 999))).toBe('2026-03-08T23:59:59.999Z');
    expect(toIso(Date.UTC(2026, 2, 9))).toBe('2026-03-09T00:00:00.000Z');
    expect(toIso(Date.UTC(2026, 2, 8))).toBe('2026-03-08T00:00:00.000Z');
  });
});
