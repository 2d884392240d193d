import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError, TerminalError } from '../../../functions/shared/errors.ts';
import { createPrivacyFilter, createTextHash } from '../../../functions/shared/privacy.ts';
import fc from '../../support/seeded-fast-check.ts';

const key = 'a key of the tests';

function hmac(text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

function filtered(text: string, options: { drop?: string[]; hash?: string[] }): string {
  const filter = createPrivacyFilter({ drop: [], hash: [], key, ...options });
  return filter(Buffer.from(text)).toString();
}

describe('createPrivacyFilter, dropping', () => {
  it.each([
    ['{"event":"a","properties":{"x":1,"b":2}}', '{"event":"a","properties":{"b":2}}'],
    ['{"event":"a","properties":{"b":2,"x":1}}', '{"event":"a","properties":{"b":2}}'],
    ['{"event":"a","properties":{"b":2,"x":1,"c":3}}', '{"event":"a","properties":{"b":2,"c":3}}'],
    ['{"properties":{"x":1},"event":"a"}', '{"properties":{},"event":"a"}'],
    ['{"properties":{"x":1,"y":2}}', '{"properties":{}}'],
    ['{"properties":{"x":1,"y":2,"b":3}}', '{"properties":{"b":3}}'],
    ['{"properties":{"b":3,"x":1,"y":2}}', '{"properties":{"b":3}}'],
    ['{"properties":{"x":1,"b":3,"y":2,"c":[],"x":4}}', '{"properties":{"b":3,"c":[]}}'],
    ['{"properties":{"x":"a,\\"}b\\\\","b":3}}', '{"properties":{"b":3}}'],
    ['{"properties":{"x":{"x":[{"}":"]"},1]},"b":3}}', '{"properties":{"b":3}}'],
    ['{"properties":{"\\u0078":1,"b":3}}', '{"properties":{"b":3}}'],
    [' { "properties" : { "x" : 1 , "b" : 3 } } \n', ' { "properties" : {  "b" : 3 } } \n'],
    [' { "properties" : { "b" : 3 , "x" : 1 } }', ' { "properties" : { "b" : 3  } }'],
    [
      '{"properties":{"x":1,"b":3},"properties":{"b":4,"x":5}}',
      '{"properties":{"b":3},"properties":{"b":4}}',
    ],
    ['{"proper\\u0074ies":{"x":1,"b":3}}', '{"proper\\u0074ies":{"b":3}}'],
  ])('turns %j into %j', (line, expected) => {
    expect(filtered(line, { drop: ['x', 'y'] })).toBe(expected);
  });

  it.each([
    ['a name outside properties', '{"x":1,"event":"x","properties":{"b":2}}'],
    ['a name inside another property', '{"properties":{"b":{"x":1,"properties":{"x":2}},"c":[{"x":3}]}}'],
    ['a value that looks like the name', '{"properties":{"b":"x","c":["x"]}}'],
    ['a name in another case or length', '{"properties":{"X":1,"xx":2,"":3," x":4}}'],
    ['properties that are no object', '{"properties":["x",{"x":1}]}'],
    ['properties of something else', '{"more":{"properties":{"x":1}}}'],
    ['numbers no double can hold', '{"properties":{"b":1.10,"c":12345678901234567890,"d":1e400,"e":-0}}'],
    ['an object without members', '{ }'],
  ])('gives back the same buffer for %s', (_, text) => {
    const line = Buffer.from(text);
    expect(createPrivacyFilter({ drop: ['x'], hash: [] })(line)).toBe(line);
  });

  it('keeps what stands around it byte for byte', () => {
    const line = '{"event":"\\u00e9\u2028😀","properties":{"b":1.10,"$email":"a@b.c","c":1E+2,"d":"\\/"}}';
    expect(filtered(line, { drop: ['$email'] })).toBe(line.replace('"$email":"a@b.c",', ''));
  });

  it('compares names as JSON decodes them, whatever they are made of', () => {
    const names = ['$email', 'näme 😀', 'a"b', 'a\\b', '\ud800', '', '\\u0024x'];
    const escaped =
      '{"properties":{"\\u0024email":1,"n\\u00e4me \\ud83d\\ude00":2,"a\\"b":3,"a\\\\b":4,"\\ud800":5,"":6}}';
    expect(filtered(escaped, { drop: names })).toBe('{"properties":{}}');
    // The name has a backslash of its own; this key is an escaped $x, and this one a replacement character.
    const others = '{"properties":{"\\u0024x":1,"\ufffd":2}}';
    expect(filtered(others, { drop: names })).toBe(others);
    expect(filtered('{"properties":{"\\\\u0024x":1}}', { drop: names })).toBe('{"properties":{}}');
  });
});

describe('createPrivacyFilter, hashing', () => {
  const hashed = (value: string) => filtered(`{"properties":{"a":1,"x" : ${value} ,"b":2}}`, { hash: ['x'] });
  const line = (text: string) => `{"properties":{"a":1,"x" : "${hmac(text)}" ,"b":2}}`;

  it.each([
    ['"ada@example.com"', 'ada@example.com'],
    ['""', ''],
    ['"\\u0061\\n\\"\\\\"', 'a\n"\\'],
    ['"é😀\\ud83d\\ude00"', 'é😀😀'],
    ['17', '17'],
    ['1.50', '1.50'],
    ['12345678901234567890', '12345678901234567890'],
    ['true', 'true'],
    ['null', 'null'],
    ['[1, "a" ]', '[1, "a" ]'],
    ['{"k":{"x":"}"}}', '{"k":{"x":"}"}}'],
  ])('replaces %s by the hash of its text', (value, text) => {
    expect(hashed(value)).toBe(line(text));
  });

  it('gives a number and the same digits in a string one hash, so that they join', () => {
    expect(hashed('17')).toBe(hashed('"17"'));
  });

  it('is HMAC-SHA-256 in lower-case hex', () => {
    // RFC 4231, test case 2.
    expect(createTextHash('Jefe')('what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('removes a property that is named in both lists', () => {
    expect(filtered('{"properties":{"x":1,"y":2}}', { drop: ['x'], hash: ['x', 'y'] })).toBe(
      `{"properties":{"y":"${hmac('2')}"}}`,
    );
  });

  it('refuses to begin without a key, unless there is nothing to hash', () => {
    expect(() => createPrivacyFilter({ drop: [], hash: ['x'] })).toThrow(ConfigError);
    expect(() => createPrivacyFilter({ drop: [], hash: ['x'], key: '' })).toThrow(ConfigError);
    expect(() => createPrivacyFilter({ drop: ['x'], hash: [] })).not.toThrow();
  });
});

describe('createPrivacyFilter', () => {
  it('hands lines through when nothing is configured, without looking at them', () => {
    const notJson = Buffer.from('not JSON');
    expect(createPrivacyFilter({ drop: [], hash: [] })(notJson)).toBe(notJson);
  });

  it('ends with an error that shows nothing of the line when it is not an object', () => {
    const filter = createPrivacyFilter({ drop: ['x'], hash: [], key });
    const texts = [
      '',
      '  ',
      '[]',
      '"x"',
      '{',
      '{"a',
      '{"a\\',
      '{"a"',
      '{"a":',
      '{"a":{',
      '{"a":"secret',
      '{"a":[1',
    ];
    for (const text of texts) {
      expect(() => filter(Buffer.from(text)), text).toThrow(TerminalError);
      expect(() => filter(Buffer.from(text)), text).not.toThrow(/secret/);
    }
  });

  it('never hangs or fails otherwise, on any bytes', () => {
    const filter = createPrivacyFilter({ drop: ['x'], hash: ['a'], key });
    const jsonBytes = fc.constantFrom(...Buffer.from('{}[]:,"\\ xa1'));
    const anyBytes = fc.array(jsonBytes).map((bytes) => Buffer.from(['{"', ...bytes].join('')));
    const raw = fc.array(jsonBytes).map((bytes) => Buffer.from([0x7b, ...bytes]));
    fc.assert(
      fc.property(fc.oneof(anyBytes, raw), (line) => {
        try {
          filter(line);
        } catch (error) {
          if (!(error instanceof TerminalError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});
