import { expect, it } from 'vitest';
import { buildSchema } from '../../simulators/platform/schema/build-schema.ts';
import {
  count,
  each,
  measure,
  oneOf,
  required,
  text,
  under,
} from '../../simulators/platform/schema/field.ts';
import { languageTag } from '../../simulators/platform/schema/language-tag.ts';

const bounded = { type: 'integer', maximum: 2_147_483_647, 'meta:xdmType': 'int' };
const string = { type: 'string', 'meta:xdmType': 'string' };

it('builds the objects, lists and maps on the way to a field', () => {
  expect(buildSchema({ 'a.b[].c': count, 'm.*[]': text })).toEqual({
    type: 'object',
    'meta:xdmType': 'object',
    properties: {
      a: {
        type: 'object',
        'meta:xdmType': 'object',
        properties: {
          b: {
            type: 'array',
            'meta:xdmType': 'array',
            items: {
              type: 'object',
              'meta:xdmType': 'object',
              properties: { c: { ...bounded, minimum: 0 } },
            },
          },
        },
      },
      m: {
        type: 'object',
        'meta:xdmType': 'map',
        additionalProperties: { type: 'array', 'meta:xdmType': 'array', items: string },
      },
    },
  });
});

it('requires a field of the object that is around it, and of none above', () => {
  const schema = buildSchema({ ...under(measure, 'a.views'), b: required(oneOf('x', 'y')) });
  expect(schema.required).toEqual(['b']);
  expect(schema.properties?.a?.required).toBeUndefined();
  expect(schema.properties?.a?.properties?.views?.required).toEqual(['value']);
  expect(schema.properties?.b?.enum).toEqual(['x', 'y']);
});

it('limits the length of a list in whichever order the table names it', () => {
  const list = { type: 'array', minItems: 2 } as const;
  for (const table of [
    { l: list, 'l[]': text },
    { 'l[]': text, l: list },
  ]) {
    expect(buildSchema(table).properties?.l).toMatchObject({ type: 'array', minItems: 2, items: string });
  }
});

it.each([
  ['text and an object', { a: text, 'a.b': text }],
  ['an object and text', { 'a.b': text, a: text }],
  ['a list and an object', { 'a[]': text, 'a.b': text }],
])('refuses a place that is both %s', (_, table) => {
  expect(() => buildSchema(table)).toThrow('building a schema: a');
});

it('gives every path of `each` the same field', () => {
  expect(each(text, 'a', 'b')).toEqual({ a: text, b: text });
});

it('tells what is a language tag', () => {
  const pattern = new RegExp(languageTag.pattern ?? '', 'u');
  const good = ['en', 'en-GB', 'zh-Hant-TW', 'de-CH-1996', 'es-419', 'i-klingon', 'x-a', 'en-u-ca-buddhist'];
  const bad = ['', 'e', 'en_US', 'en-', 'english language', 'en-GB-', '12'];
  expect(good.filter((tag) => !pattern.test(tag))).toEqual([]);
  expect(bad.filter((tag) => pattern.test(tag))).toEqual([]);
});
