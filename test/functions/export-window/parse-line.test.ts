import { describe, expect, it } from 'vitest';
import { parseLine } from '../../../functions/export-window/parse-line.ts';
import { describeError } from '../../../functions/shared/errors.ts';
import fc from '../../support/seeded-fast-check.ts';

const context = { source: 'shop', window: '2026-03-08', run: 'r1' };
const parse = (line: string | Buffer) => parseLine(Buffer.from(line), 17, context);

function problemOf(line: string): string {
  try {
    parse(line);
  } catch (error) {
    expect(error).toMatchObject({ code: 'export_incomplete', retryable: true, context });
    return describeError(error);
  }
  throw new Error('the line was accepted');
}

/** Text with everything that JSON can write in more than one way. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('é', 'ÿ', '\u0080', '日', '😀', '\\', '"', '\u2028', 'a', '\ud800') }),
);
const anyId = fc.oneof(text, fc.integer(), fc.constant(null), fc.array(text), fc.dictionary(text, text));

/** JSON text with the non-ASCII characters of every other string escaped. */
function written(value: unknown, escaped: boolean): string {
  const json = JSON.stringify(value);
  if (!escaped) return json;
  return json.replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

describe('parsing a line', () => {
  it('reads name, ids and times as a UTF-8 parser does', () => {
    fc.assert(
      fc.property(
        text,
        anyId,
        anyId,
        anyId,
        fc.boolean(),
        fc.boolean(),
        (event, id, before, distinct, one, other) => {
          const first = written({ time: 5, $insert_id: id, $import: true, other: '日本' }, one);
          const second = written({ distinct_id: distinct, $distinct_id_before_identity: before }, other);
          const line = `{"event":${written(event, other)},"properties":${first.slice(0, -1)},${second.slice(1)}}`;
          const expected = JSON.parse(Buffer.from(line).toString('utf8'));
          const { other: _, ...properties } = expected.properties;
          const read = parse(line);
          expect(read.event).toBe(expected.event);
          for (const [name, value] of Object.entries(properties)) {
            expect(Reflect.get(read.properties, name)).toEqual(value);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['terminated early', /line 17 is "terminated early"/],
    ['export terminated early', /line 17 is "export terminated early"/],
    ['  Terminated early\r', /terminated early/],
    ['{"error":', /beginning of an error object/],
    ['{"error":"x"}', /an error object/],
    ['', /empty/],
    [' \r', /empty/],
    ['{"event":"a","properties":{"sensitive', /not JSON/],
    ['{"event":"a","properties":{}}{"event":"sensitive","properties":{}}', /not JSON/],
    ['\ufeff{"event":"a","properties":{}}', /not JSON/],
    ['[]', /not an event/],
    ['null', /not an event/],
    ['"sensitive"', /not an event/],
    ['{"event":1,"properties":{}}', /not an event/],
    ['{"event":"sensitive"}', /not an event/],
    ['{"event":"a","properties":[]}', /not an event/],
    ['{"event":"a","properties":null}', /not an event/],
  ])('refuses %j, saying what it is and not what it holds', (line, words) => {
    const problem = problemOf(line);
    expect(problem).toMatch(words);
    expect(problem).not.toContain('sensitive');
  });

  it('takes white space around an event, which JSON allows', () => {
    expect(parse(' {"event":"a", "properties":{} }\r').event).toBe('a');
  });

  it.each(['distinct_id', '$insert_id', 'other é'])('takes a value nested to any depth: %s', (name) => {
    const deep = `${'['.repeat(100_000)}"é"${']'.repeat(100_000)}`;
    expect(parse(`{"event":"a","properties":{"${name}":${deep},"é":1}}`).event).toBe('a');
  });
});
