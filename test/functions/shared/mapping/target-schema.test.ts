import { describe, expect, it } from 'vitest';
import { readTargetSchema } from '../../../../functions/shared/mapping/index.ts';

const read = (document: unknown) => readTargetSchema(document, 'reading');
const text = { type: 'string' };

describe('a target schema', () => {
  it('gives the types of its fields, lists, maps and open objects', () => {
    const { root, unresolved } = read({
      properties: {
        a: text,
        at: { type: 'string', format: 'date-time' },
        int: { type: 'integer', minimum: -2147483648, maximum: 2147483647 },
        long: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
        few: { type: 'integer', minimum: 0, maximum: 9 },
        list: { type: 'array', items: { type: 'integer' } },
        map: { type: 'object', additionalProperties: { type: 'number' } },
        open: { type: 'object' },
        both: {
          type: 'object',
          properties: { b: { type: ['boolean', 'null'] } },
          additionalProperties: true,
        },
        anything: {},
      },
    });
    expect(unresolved).toEqual([]);
    expect(JSON.parse(JSON.stringify(root.shape))).toEqual({
      a: 'string',
      at: 'date-time',
      int: 'int',
      long: 'integer',
      few: 'integer',
      list: ['integer'],
      map: { '*': 'number' },
      open: { '*': 'any' },
      both: { b: 'boolean', '*': 'any' },
      anything: 'any',
    });
  });

  it('follows references to its definitions, by pointer and by id', () => {
    const { root, unresolved } = read({
      $id: 'https://example.com/root',
      properties: {
        a: { $ref: '#/definitions/one' },
        b: { $ref: 'https://example.com/two' },
        c: { $ref: 'https://example.com/root#/definitions/one/properties/x' },
        d: { $ref: '#/definitions/with~1slash%20' },
      },
      definitions: { one: { properties: { x: text } }, 'with/slash ': { type: 'integer' } },
      $defs: { two: { $id: 'https://example.com/two', type: 'boolean' } },
    });
    expect(unresolved).toEqual([]);
    expect(root.shape).toEqual({ a: { x: 'string' }, b: 'boolean', c: 'string', d: 'integer' });
  });

  it('puts together what several parts say of one field', () => {
    const { root } = read({
      allOf: [
        { properties: { _acme: { required: ['plan'], properties: { plan: text } } } },
        { properties: { _acme: { properties: { plan: { enum: ['gold'] }, code: text } } } },
      ],
      required: ['_acme'],
    });
    expect(root.shape).toEqual({ _acme: { plan: 'string', code: 'string' } });
    expect(root.required).toEqual(['_acme']);
    expect(root.fields.get('_acme')?.required).toEqual(['plan']);
  });

  it('names references that lead out of it or nowhere, each with its place', () => {
    const { root, unresolved } = read({
      properties: {
        a: { $ref: 'https://example.com/other' },
        b: { type: 'array', items: { $ref: '#/definitions/none' } },
        c: { additionalProperties: { $ref: '#/%zz' } },
      },
      definitions: { unused: { $ref: 'https://example.com/unused' } },
    });
    expect(root.shape).toEqual({ a: 'any', b: ['any'], c: { '*': 'any' } });
    expect(unresolved.map((problem) => problem.split(',')[0])).toEqual([
      'a: refers to https://example.com/other',
      'b[*]: refers to #/definitions/none',
      'c.*: refers to #/%zz',
    ]);
  });

  it('ends references that lead back to themselves', () => {
    const { root } = read({ properties: { name: text, child: { $ref: '#' } } });
    expect(root.shape).toEqual({ name: 'string', child: { name: 'string', child: 'any' } });
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/definitions/${name}` }]));
    const definitions = Object.fromEntries(names.map((name) => [name, { properties: all }]));
    expect(() => read({ properties: all, definitions })).toThrow('circles');
  });

  it('passes over keywords that are malformed, and refuses what describes no object', () => {
    const { root } = read({ properties: { a: { type: 'string', pattern: 1, minLength: 'x', enum: 'y' } } });
    expect(root.fields.get('a')?.limits).toEqual([]);
    for (const document of [null, 1, [], {}, { properties: {} }, { type: 'object' }, { properties: 'x' }])
      expect(() => read(document)).toThrow('must be a JSON Schema with "properties"');
  });
});
