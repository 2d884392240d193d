import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  compileMapping,
  parseExactJson,
  parseMappingSet,
} from '../../../../functions/shared/mapping/index.ts';
import fc from '../../../support/seeded-fast-check.ts';

describe('exact JSON', () => {
  it('keeps integers whole that a number would round', () => {
    const text =
      '{"id":12345678901234567890,"list":[-9007199254740993,{"__proto__":90071992547409930}],"safe":9007199254740991}';
    const value = parseExactJson(text);
    expect(value).toMatchObject({
      id: 12345678901234567890n,
      list: [-9007199254740993n, {}],
      safe: 9007199254740991,
    });
  });

  it('leaves integers of more than a hundred digits to be rounded, and takes no long time for it', () => {
    const digits = (count: number) => `[${'1'.repeat(count)},${'1'.repeat(count)}e5,{"a":-1}]`;
    expect(parseExactJson(digits(100))).toEqual([BigInt('1'.repeat(100)), expect.any(Number), { a: -1 }]);
    for (const count of [101, 8_000_000])
      expect(parseExactJson(digits(count))).toEqual(JSON.parse(digits(count)));
  });

  it('keeps integers whole at any depth', () => {
    const depth = 10_000;
    let value: unknown = parseExactJson(`${'{"a":['.repeat(depth)}12345678901234567890${']}'.repeat(depth)}`);
    for (let level = 0; level < depth; level += 1)
      value = z.object({ a: z.tuple([z.unknown()]) }).parse(value).a[0];
    expect(value).toBe(12345678901234567890n);
  });

  it('leaves texts and other numbers alone', () => {
    const text =
      '{"a":"12345678901234567890","b":0.12345678901234567,"c":1e21,"d":"integer:1 \\"99999999999999999\\"","e":1234567890123456789e2}';
    expect(parseExactJson(text)).toEqual(JSON.parse(text));
  });

  it('reads any JSON as JSON.parse does, but for such integers', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const read = parseExactJson(text);
        const plain: unknown = JSON.parse(text);
        const asNumbers = JSON.stringify(read, (_, value: unknown) =>
          typeof value === 'bigint' ? Number(value) : value,
        );
        expect(asNumbers).toBe(JSON.stringify(plain));
      }),
      { numRuns: 500 },
    );
  });

  it('brings them through a mapping to the row', () => {
    const rules = [
      { sourceType: 'EXPRESSION', source: 'properties.id + 1', destination: 'next' },
      { sourceType: 'ATTRIBUTE', source: 'properties.id', destination: 'device.model' },
      { sourceType: 'EXPRESSION', source: 'mixpanel_id(properties.id)', destination: 'person' },
      { sourceType: 'EXPRESSION', source: 'mixpanel_other_properties(properties)', destination: 'others' },
    ];
    const mapping = compileMapping(parseMappingSet(JSON.stringify(rules)), { requires: 'nothing' });
    const record = parseExactJson(
      '{"properties":{"id":12345678901234567890,"n":98765432109876543210,"o":[11111111111111111111]}}',
    );
    expect(mapping.map(record).text).toBe(
      '{"next":12345678901234567891,"device":{"model":"12345678901234567890"},"person":"12345678901234567890",' +
        '"others":{"n":"98765432109876543210","o":"[11111111111111111111]"}}',
    );
  });
});
