import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ConfigError } from '../../../functions/shared/errors.ts';
import { parseJsonWith } from '../../../functions/shared/parse.ts';

const schema = z.strictObject({ names: z.array(z.string('must be text')).default([]) });

function refusalOf(text: string, options = {}): ConfigError {
  try {
    parseJsonWith(schema, text, 'reading the test', options);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the text was accepted');
}

const nested = (depth: number) => `${'['.repeat(depth)}1${']'.repeat(depth)}`;

describe('parsing a value from outside', () => {
  it.each([
    ['', 'no text'],
    [' \n', 'no text'],
    ['\ufeff{}', 'text that begins with a byte order mark'],
    ['hush', 'text that is not JSON'],
    ['{}\0', 'text that is not JSON'],
  ])('says what a text is that is no JSON, and nothing of it: %j', (text, found) => {
    expect(refusalOf(text).problems).toEqual([`(root): found ${found}; allowed is one JSON value`]);
  });

  it('takes a name that objects inherit for an unknown key', () => {
    expect(refusalOf('{"constructor":1,"toString":2}').problems).toEqual([
      'constructor: unknown key; remove it or correct its spelling',
      'toString: unknown key; remove it or correct its spelling',
    ]);
  });

  it.each([1000, 100_000])('names a value nested %i deep without writing it', (depth) => {
    const { problems, message } = refusalOf(`{"names":${nested(depth)}}`);
    expect(problems).toEqual([expect.stringMatching(/^names\[0\]: found .*; must be text$/)]);
    expect(message.length).toBeLessThan(200);
  });

  it('cuts keys, values and paths in what it says', () => {
    const long = 'x'.repeat(100_000);
    expect(refusalOf(`{"${long}":1}`).message.length).toBeLessThan(200);
    expect(refusalOf(`{"names":{"a":"${long}"}}`).message.length).toBeLessThan(200);
    const lists = z.lazy((): z.ZodType => z.array(lists, 'must be a list'));
    expect(() => parseJsonWith(lists, nested(500), 'x')).toThrow(
      /^x:\n {2}- (\[0\]){20}…: found 1; must be a list$/,
    );
  });

  it('tells of so many problems and counts the rest', () => {
    const { problems } = refusalOf(`{"names":[${Array.from({ length: 1000 }, () => 1)}]}`);
    expect(problems).toHaveLength(201);
    expect(problems.at(-1)).toBe('… and 800 problems more');
  });

  it('refuses more values than can be told of, before they are checked', () => {
    const many = (count: number, value: string) =>
      `{"names":[${Array.from({ length: count }, () => value)}]}`;
    expect(refusalOf(many(250_000, '1')).problems).toEqual([
      '(root): found more than 250000 values; allowed are as many at most',
    ]);
    expect(parseJsonWith(schema, many(249_998, '"a"'), 'x').names).toHaveLength(249_998);
  });

  it('shows no value where values are secret', () => {
    const { message } = refusalOf('{"names":["ok",17,null,["hush"],{"hush":1}]}', { hideValues: true });
    expect(message).toBe(
      'reading the test:\n  - names[1]: found a number; must be text\n  - names[2]: found null; must be text\n  - names[3]: found an array; must be text\n  - names[4]: found a object; must be text',
    );
  });
});
