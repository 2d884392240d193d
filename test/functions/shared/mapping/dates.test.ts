import { describe, expect, it } from 'vitest';
import fc from '../../../support/seeded-fast-check.ts';
import { evaluate, result } from './builders.ts';

/** Expressions with the date that they give; "error" stands for any error. */
const cases: readonly (readonly [expression: string, expected: unknown])[] = [
  // The default patterns, in their order.
  ['date("2024-05-05 20:39:00-0800")', '2024-05-05T20:39:00-08:00'],
  ['date("2024-05-05 20:39:00.005-0800")', '2024-05-05T20:39:00.005-08:00'],
  ['date("2024-05-05 20:39:00.005")', '2024-05-05T20:39:00.005Z'],
  ['date("2024-05-05T20:39:00.005+02")', '2024-05-05T20:39:00.005+02:00'],
  ['date("2024-05-05T20:39:00Z")', '2024-05-05T20:39:00Z'],
  ['date("2024-05-05")', '2024-05-05T00:00:00Z'],
  ['date("2024/05/05")', '2024-05-05T00:00:00Z'],
  ['date("2024.05.05")', '2024-05-05T00:00:00Z'],
  ['date("2024-May-05")', '2024-05-05T00:00:00Z'],
  ['date("20240505")', '2024-05-05T00:00:00Z'],
  ['date("05-06-2024")', '2024-05-06T00:00:00Z'],
  ['date("12112020")', '2020-12-11T00:00:00Z'],
  ['date("5/06/2024")', '2024-05-06T00:00:00Z'],
  ['date("05.6.2024")', '2024-06-05T00:00:00Z'],
  ['date("5/06/2024 08:09:10 PM")', '2024-05-06T20:09:10Z'],
  ['date("05.6.2024 12:09:10 AM")', '2024-06-05T00:09:10Z'],
  ['date("05.Jun.2024")', '2024-06-05T00:00:00Z'],
  ['date("05-Jun-2024")', '2024-06-05T00:00:00Z'],
  // ISO 8601 beyond them.
  ['date("2019-10-17 11:55:12")', '2019-10-17T11:55:12Z'],
  ['date("2016-11-09T11:44:44.797")', '2016-11-09T11:44:44.797Z'],
  ['date("2021-05-05T17:51:45.1880+02")', '2021-05-05T17:51:45.188+02:00'],
  ['date("2019-10-23T11:24:35+00:00")', '2019-10-23T11:24:35Z'],
  ['date("2023-02-29")', 'error'],
  ['date("2024-13-01")', 'error'],
  ['date("2024-05-05 and more")', 'error'],
  ['date("")', null],
  ['date(null, "yyyy", date("2020-01-01"))', '2020-01-01T00:00:00Z'],
  ['date(1571829875)', 'error'],
  // Patterns.
  ['date("17 Oct 2019 11:55 PDT", "dd MMM yyyy HH:mm z")', '2019-10-17T11:55:00-07:00'],
  ['date("2019-10-17 11:55 America/New_York", "yyyy-MM-dd HH:mm VV")', '2019-10-17T11:55:00-04:00'],
  ['date("Thu 17 October 2019", "EEE dd MMMM yyyy")', '2019-10-17T00:00:00Z'],
  ['date("19-1-2", "yy-M-d")', '2019-01-02T00:00:00Z'],
  ['date("2020 060", "yyyy DDD")', '2020-02-29T00:00:00Z'],
  ["date(\"10 o'clock 2020\", \"HH 'o''clock' yyyy\")", '2020-01-01T10:00:00Z'],
  ['date("2020-01-01T25:00", "yyyy-MM-dd\'T\'HH:mm")', 'error'],
  ['date("2020", "bbbb")', 'error'],
  ['date("x", "\'open")', 'error'],
  [
    'dformat(1571829875123, "yyyy MM dd HH hh mm ss SSS a E MMM MMMM Z X XXX")',
    '2019 10 23 11 11 24 35 123 AM Wed Oct October +0000 Z Z',
  ],
  ['dformat("1571829875000", "D w u Q QQQ F EEEE")', '296 43 3 4 Q4 4 Wednesday'],
  [
    'format(zone_date_to_zone(date("2019-07-01T00:30:00Z"), "America/Los_Angeles"), "yyyy-MM-dd HH:mm z XXX O")',
    '2019-06-30 17:30 PDT -07:00 GMT-7',
  ],
  ['dformat(null, "yyyy")', null],
  ['dformat(9999999999999999, "yyyy")', 'error'],
  // Parts.
  ['date_part("quarter", date("2019-10-17"))', 4],
  ['date_part("DY", date("2019-10-17"))', 290],
  ['date_part("ww", date("2021-01-03"))', 53],
  ['date_part("dw", date("2019-10-17"))', 4],
  ['date_part("hh12", date("2019-10-17 00:10"))', 12],
  ['date_part("mi", date("2019-10-17 00:10"))', 10],
  ['date_part("SSS", date("2016-11-09T11:44:44.797"))', 797],
  ['date_part("MM", "2019-10-17")', 10],
  ['date_part("MM", 10)', 'error'],
  ['date_part("century", date("2019-10-17"))', 'error'],
  ['set_date_part("year", 2024, date("2020-02-29"))', '2024-02-29T00:00:00Z'],
  ['set_date_part("m", 4, "2016-11-09T11:44:44.797")', '2016-04-09T11:44:44.797Z'],
  ['set_date_part("year", 2023, date("2020-02-29"))', 'error'],
  ['make_date_time(2020, 2, 3, 4, 5, 6, 7000000, "UTC")', '2020-02-03T04:05:06.007Z'],
  ['make_timestamp(2020, 2, 30)', 'error'],
  ['zone_date_to_zone(date("2020-01-01"), "Mars/Olympus")', 'error'],
  ['date("2020-01-01") < date("2020-01-02")', true],
  ['concat(date("2020-01-01"))', '2020-01-01T00:00:00Z'],
];

describe('dates', () => {
  it.each(cases)('%s', (source, expected) => {
    const { value, error } = evaluate(source);
    if (expected === 'error') expect(error).toBeDefined();
    else expect({ value: value ?? null, error }).toEqual({ value: expected, error: undefined });
  });

  it('come back from the pattern they were written in', () => {
    const instants = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
    const pattern = "yyyy-MM-dd'T'HH:mm:ss.SSSX";
    fc.assert(
      fc.property(instants, (epochMs) => {
        const iso = new Date(epochMs).toISOString();
        expect(result(`dformat(ms, "${pattern}")`, { ms: epochMs })).toBe(iso);
        expect(result(`date(text, "${pattern}")`, { text: iso })).toBe(iso.replace('.000Z', 'Z'));
      }),
      { numRuns: 200 },
    );
  });

  it('are never read from any text with a failure of their own', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789-/.: TZ+APM') })),
        (text) => {
          expect(evaluate('date(t)', { t: text }).error ?? '').not.toBe('the expression failed');
        },
      ),
      { numRuns: 500 },
    );
  });
});
