import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileMapping,
  parseExactJson,
  parseMappingSet,
} from '../../../../functions/shared/mapping/index.ts';

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
