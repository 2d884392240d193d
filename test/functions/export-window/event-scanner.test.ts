import { describe, expect, it } from 'vitest';
import { scanEvent } from '../../../functions/export-window/event-scanner.ts';
import { asEvent } from '../../../functions/shared/mixpanel/event.ts';
import fc from '../../support/seeded-fast-check.ts';

const factNames = [
  'time',
  '$insert_id',
  '$distinct_id_before_identity',
  'distinct_id',
  'mp_processing_time_ms',
  '$mp_api_timestamp_ms',
  '$import',
] as const;

/** What JSON.parse makes of a line; undefined where it is no JSON, or no event. */
function parsedFacts(line: Buffer): unknown {
  try {
    const event = asEvent(JSON.parse(line.toString('utf8')));
    if (event === undefined) return undefined;
    const properties = Object.fromEntries(factNames.map((name) => [name, event.properties[name]]));
    return { event: event.event, properties };
  } catch {
    return undefined;
  }
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('é', '日', '😀', '\\', '"', '\u2028', '\u0001', 'a', '/', '\ud800') }),
);
const value = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.constantFrom(true, false, null, 0, -0, 1e21, 2 ** 60, 1772975558393),
  fc.jsonValue(),
);
const name = fc.oneof(fc.constantFrom(...factNames, 'event', 'properties', '$browser', 'Plan Type'), text);
const event = fc.record({ event: text, properties: fc.dictionary(name, value) });

describe('the scanner of lines', () => {
  it('takes every event as JSON.parse reads it, written with or without white space', () => {
    let accepted = 0;
    fc.assert(
      fc.property(event, fc.constantFrom(undefined, 1, '\t'), (sent, space) => {
        const line = Buffer.from(JSON.stringify(sent, undefined, space));
        const found = scanEvent(line);
        if (found === undefined) return;
        accepted += 1;
        expect(found).toEqual(parsedFacts(line));
      }),
      { numRuns: 3000 },
    );
    // An escape in a property's own name is all that is unusual about these.
    expect(accepted).toBeGreaterThan(1000);
  });

  it('accepts nothing that JSON.parse would not, whatever byte is changed, left out or added', () => {
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      remove: fc.constantFrom(0, 1),
      insert: fc.oneof(
        fc.constantFrom(
          '',
          '"',
          '\\',
          ',',
          ':',
          '{',
          '}',
          '[',
          ']',
          '0',
          '-',
          '.',
          'e',
          'u',
          ' ',
          '\n',
          '\0',
        ),
        fc.string({ unit: 'binary', maxLength: 2 }),
      ),
    });
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(event, fc.array(change, { minLength: 1, maxLength: 2 }), (sent, changes) => {
        let line: Buffer = Buffer.from(JSON.stringify(sent));
        for (const { at, remove, insert } of changes) {
          const index = Math.floor(at * line.length);
          line = Buffer.concat([line.subarray(0, index), Buffer.from(insert), line.subarray(index + remove)]);
        }
        const found = scanEvent(line);
        if (found === undefined) {
          refused += 1;
          return;
        }
        accepted += 1;
        expect(found).toEqual(parsedFacts(line));
      }),
      { numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(500);
  });

  it.each([
    ['nothing', ''],
    ['half an event', '{"event":"a","properties":{"a":1'],
    ['half a text', '{"event":"a","properties":{"a":"b'],
    ['half a word', '{"event":"a","properties":{"a":tru'],
    ['two events', '{"event":"a","properties":{}}{"event":"a","properties":{}}'],
    ['a name without quotes', '{"event":"a","properties":{a:1}}'],
    ['a comma at the end', '{"event":"a","properties":{"a":1,}}'],
    ['no comma', '{"event":"a","properties":{"a":1"b":2}}'],
    ['no colon', '{"event":"a","properties":{"a" 1}}'],
    ['a leading zero', '{"event":"a","properties":{"a":01}}'],
    ['a number without digits', '{"event":"a","properties":{"a":-}}'],
    ['a fraction without digits', '{"event":"a","properties":{"a":1.}}'],
    ['an exponent without digits', '{"event":"a","properties":{"a":1e+}}'],
    ['a plus', '{"event":"a","properties":{"a":+1}}'],
    ['a word that JSON has not', '{"event":"a","properties":{"a":nul}}'],
    ['an escape that JSON has not', '{"event":"a","properties":{"a":"\\x41"}}'],
    ['half an escape', '{"event":"a","properties":{"a":"\\u00g0"}}'],
    ['a control character in a text', '{"event":"a","properties":{"a":"\t"}}'],
    ['a NUL', '{"event":"a","properties":{}}\0'],
    ['brackets that do not match', '{"event":"a","properties":{"a":[1}]}}'],
    ['a list that ends with a comma', '{"event":"a","properties":{"a":[1,]}}'],
    ['properties that are a list', '{"event":"a","properties":[]}'],
    ['a name that is a number', '{"event":1,"properties":{}}'],
    ['an event without properties', '{"event":"a"}'],
  ])('refuses %s', (_, line) => {
    expect(scanEvent(Buffer.from(line))).toBeUndefined();
  });

  it('finds nothing in what an earlier line has left behind', () => {
    const whole = '{"event":"a","properties":{"a":"b","c":[1,23],"time":12}}';
    for (let length = 0; length < whole.length; length += 1) {
      expect(scanEvent(Buffer.from(whole))).toBeDefined();
      expect(scanEvent(Buffer.from(whole.slice(0, length)))).toBeUndefined();
    }
  });

  it('leaves to the general way what it has no room for: long lines and deep nesting', () => {
    const long = (bytes: number) => {
      const rest = '{"event":"a","properties":{"a":""}}'.length;
      return Buffer.from(`{"event":"a","properties":{"a":"${'x'.repeat(bytes - rest)}"}}`);
    };
    expect(scanEvent(long(64 * 1024))).toBeDefined();
    expect(scanEvent(long(64 * 1024 + 1))).toBeUndefined();
    const deep = (depth: number) =>
      Buffer.from(`{"event":"a","properties":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`);
    expect(scanEvent(deep(256))).toBeDefined();
    expect(scanEvent(deep(257))).toBeUndefined();
  });

  it('takes the last value of a name that comes twice, as JSON.parse does', () => {
    const line = '{"event":"a","properties":{"time":1,"distinct_id":"x","time":"2","distinct_id":null}}';
    expect(scanEvent(Buffer.from(line))?.properties).toMatchObject({ time: '2', distinct_id: null });
  });
});
