import { describe, expect, it } from 'vitest';
import { ownFields } from '../../../bin/setup/own-fields.ts';
import { parseMappingSet } from '../../../functions/shared/mapping/index.ts';

type RuleText = readonly [source: string, destination: string, sourceType?: string];

function fieldsOf(...rules: readonly RuleText[]) {
  const mappings = rules.map(([source, destination, sourceType = 'EXPRESSION']) => ({
    sourceType,
    source,
    destination,
  }));
  return ownFields(parseMappingSet(JSON.stringify({ mappings })).rules, 'acme');
}

/** The type of the field that an expression's result gets. */
function typeOf(source: string) {
  const { fields, problems } = fieldsOf([source, '_acme.x']);
  expect(problems).toEqual([]);
  return fields.x;
}

const long = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

describe('the type of a field for a rule’s result', () => {
  it.each([
    ['properties.anything', { type: 'string' }],
    ['"a"', { type: 'string' }],
    ['to_integer(properties.a)', { type: 'integer' }],
    ['to_bigint(properties.a)', long],
    ['properties.mp_processing_time_ms', { type: 'string' }],
    ['properties.a * 2', { type: 'number' }],
    ['properties.a + "b"', { type: 'string' }],
    ['to_decimal(properties.a) + 1', { type: 'number' }],
    ['properties.a == 1 && true', { type: 'boolean' }],
    ['!properties.a', { type: 'boolean' }],
    ['date(properties.a)', { type: 'string', format: 'date-time' }],
    ['iif(properties.a, to_integer(properties.b), null)', { type: 'integer' }],
    ['iif(properties.a, 1, to_decimal(properties.b))', { type: 'number' }],
    ['coalesce(to_integer(properties.b), "none")', { type: 'string' }],
    ['decode(properties.a, "x", true, "y", false)', { type: 'boolean' }],
    ['decode(properties.a, "x", true, "other")', { type: 'string' }],
    ['split(properties.a, ",")', { type: 'array', items: { type: 'string' } }],
    ['to_map("a", properties.a)', { type: 'object', additionalProperties: { type: 'string' } }],
  ])('%s', (source, field) => {
    expect(typeOf(source)).toEqual(field);
  });

  it('is Adobe’s own for Mixpanel’s own properties, read as they are', () => {
    const { fields } = fieldsOf(
      ['data.time', '_acme.time', 'ATTRIBUTE'],
      ['properties.$import', '_acme.import', 'ATTRIBUTE'],
      ['connector.date', '_acme.date', 'ATTRIBUTE'],
    );
    expect(fields).toEqual({ time: long, import: { type: 'boolean' }, date: { type: 'string' } });
  });

  it('takes the results of all rules that write the field', () => {
    const { fields } = fieldsOf(
      ['to_integer(properties.a)', '_acme.x'],
      ['to_bigint(properties.b)', '_acme.x'],
    );
    expect(fields.x).toEqual(long);
  });
});

describe('fields within fields', () => {
  it('are put together from all rules, lists and maps included, and other destinations are left out', () => {
    const { fields, problems } = fieldsOf(
      ['to_map("a", 1)', '_acme.map'],
      ['properties.b', '_acme.map.b'],
      ['to_integer(properties.b)', '_acme.later.b'],
      ['mixpanel_other_properties(properties)', '_acme.later'],
      ['properties.items[*].sku', '_acme.items[*].sku', 'ATTRIBUTE'],
      ['properties.items[*].sku', '_acme.skus', 'ATTRIBUTE'],
      ['properties.c', '_acme.list[0]'],
      ['properties.d', 'web.webPageDetails.name'],
    );
    expect(problems).toEqual([]);
    const text = { type: 'string' };
    expect(fields).toEqual({
      map: { type: 'object', additionalProperties: text },
      later: { type: 'object', additionalProperties: text },
      items: { type: 'array', items: { type: 'object', properties: { sku: text } } },
      skus: { type: 'array', items: text },
      list: { type: 'array', items: text },
    });
  });

  it('that no schema can have are named by their rules', () => {
    const { problems } = fieldsOf(
      ['properties.a', '_acme'],
      ['properties.a', '_acme.a'],
      ['properties.b', '_acme.a.b'],
      ['properties.c', '_acme.c.d'],
      ['properties.c', '_acme.c'],
      ['properties.d', '_acme.$d'],
    );
    expect(problems).toEqual([
      expect.stringMatching(/^rule 1 \(_acme\): write its fields one by one/),
      expect.stringMatching(/^rule 3 \(_acme\.a\.b\): another rule writes a single value above it/),
      expect.stringMatching(/^rule 5 \(_acme\.c\): other rules write below it/),
      expect.stringMatching(/^rule 6 \(_acme\.\$d\): "\$d" is no name of a field/),
    ]);
  });
});
