import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanLine } from '../../../functions/export-window/scan-line.ts';

const read = [
  'time',
  '$insert_id',
  '$distinct_id_before_identity',
  'distinct_id',
  'mp_processing_time_ms',
  '$mp_api_timestamp_ms',
  '$import',
] as const;

/** The same facts by `JSON.parse`; undefined when the line is no event. */
function parsed(text: string) {
  try {
    const value = JSON.parse(text);
    const { event, properties } = value;
    if (typeof event !== 'string' || typeof properties !== 'object' || properties === null) return undefined;
    const own = read.filter((name) => Object.hasOwn(properties, name));
    return { event, properties: Object.fromEntries(own.map((name) => [name, properties[name]])) };
  } catch {
    return undefined;
  }
}

function scan(text: string) {
  return scanLine(Buffer.from(text));
}

const name = fc.oneof(fc.constantFrom(...read), fc.string({ unit: 'binary' }), fc.string());
const event = fc.record({
  event: fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
  properties: fc.dictionary(name, fc.oneof(fc.jsonValue(), fc.integer({ min: 0, max: 2_000_000_000_000 }))),
});
/** Bytes that a broken line is likely to have in the wrong place. */
const mischief = fc.constantFrom(
  ...'{}[]",:\\ue0159.-+Etfn \u0000\u001f\t\n\u2028é'.split(''),
  '\\u00',
  '1e',
  '00',
);

describe('reading a line without building its values', () => {
  it('reads of any event what JSON.parse reads', () => {
    fc.assert(
      fc.property(event, (value) => {
        const text = JSON.stringify(value);
        const scanned = scan(text);
        // A name with an escape is left to JSON.parse.
        if (scanned === undefined)
          expect(
            Object.keys(value.properties)
              .map((key) => JSON.stringify(key))
              .join(),
          ).toContain('\\');
        else expect(scanned).toEqual(parsed(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('never takes for an event what JSON.parse does not, wherever a line is damaged', () => {
    let taken = 0;
    let refused = 0;
    fc.assert(
      fc.property(event, fc.nat(), fc.nat(3), mischief, (value, place, dropped, inserted) => {
        const text = JSON.stringify(value);
        const at = place % (text.length + 1);
        const damaged = text.slice(0, at) + inserted + text.slice(at + dropped);
        // As bytes, so that half a surrogate is the same for both.
        const bytes = Buffer.from(damaged);
        const scanned = scanLine(bytes);
        if (scanned === undefined) refused += 1;
        else {
          taken += 1;
          expect(scanned).toEqual(parsed(bytes.toString('utf8')));
        }
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(taken, refused)).toBeGreaterThan(100);
  });

  it('takes every prefix of an event for what it is: not whole', () => {
    const whole =
      '{"event":"é","properties":{"time":1.5e3,"a":[{"b":null},true,"\\u00e9\\n"],"distinct_id":"x"}}';
    expect(scan(whole)).toEqual(parsed(whole));
    for (let length = 0; length < whole.length; length += 1)
      expect(scan(whole.slice(0, length))).toBeUndefined();
    expect(scan(`${whole}}`)).toBeUndefined();
    expect(scan(`${whole} `)).toBeUndefined();
  });

  it.each([
    ['01', '-', '-01', '1.', '.5', '+1', '1e', '1e+', '0x1', 'NaN', 'Infinity', '1_0', 'tru', 'nulls', "'a'"],
    [
      '"\\x41"',
      '"\\u12g4"',
      '"\\u123',
      '"a\tb"',
      '"a',
      '[1,]',
      '[,1]',
      '{"a":1,}',
      '{a:1}',
      '{"a"}',
      '[1 2]',
      '[}',
    ],
  ])('refuses what is no JSON: %s, %s, %s and others', (...values) => {
    for (const value of values)
      expect(scan(`{"event":"E","properties":{"time":${value}}}`), value).toBeUndefined();
  });

  it('lets the last of several properties of a name count', () => {
    expect(scan('{"event":"E","properties":{"time":1,"time":"2"}}')).toEqual({
      event: 'E',
      properties: { time: '2' },
    });
  });

  it('leaves to JSON.parse a name that an escape may spell, another order, space and great depth', () => {
    expect(scan('{"event":"E","properties":{"tim\\u0065":1}}')).toBeUndefined();
    expect(scan('{"properties":{},"event":"E"}')).toBeUndefined();
    expect(scan('{"event":"E","properties":{},"event":"F"}')).toBeUndefined();
    expect(scan('{"event": "E", "properties": {}}')).toBeUndefined();
    expect(scan(`{"event":"E","properties":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`)).toBeUndefined();
  });
});
