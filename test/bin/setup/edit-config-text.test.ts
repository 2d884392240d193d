import { describe, expect, it } from 'vitest';
import { editConfigText } from '../../../bin/setup/edit-config-text.ts';
import fc from '../../support/seeded-fast-check.ts';

const config = `{
\t"sources": [
\t\t{ "id": "blog", "platform": { "orgId": "a" } },
\t\t{
\t\t\t"id": "shop",
\t\t\t"platform": {
\t\t\t\t"orgId": "é}{\\"",   "tenant" : "yourtenant",
\t\t\t\t"sandbox": "prod"
\t\t\t},
\t\t\t"schedule": { "tenant": 1 }
\t\t}
\t]
}
`;

describe('the configuration’s text', () => {
  it('gets a value in the place of the old one, and keeps every other byte', () => {
    const edited = editConfigText(config, { sourceIndex: 1, key: 'tenant', value: 'acme' });
    expect(edited).toBe(config.replace('"yourtenant"', '"acme"'));
  });

  it('gets a new value behind the last one, in its layout', () => {
    const many = editConfigText(config, { sourceIndex: 1, key: 'datasetId', value: '1' });
    expect(many).toBe(config.replace('"prod"', '"prod",\n\t\t\t\t"datasetId": "1"'));
    const one = editConfigText(config, { sourceIndex: 0, key: 'datasetId', value: '1' });
    expect(one).toBe(config.replace('"a" }', '"a", "datasetId": "1" }'));
  });

  it('ends with the value and nothing else changed, however it is written', () => {
    const name = fc.constantFrom('orgId', 'tenant', 'schemaId', 'x"y', '{', 'datasetId');
    const platform = fc.dictionary(name, fc.jsonValue(), { minKeys: 1 });
    const sources = fc.array(fc.record({ id: fc.string(), platform, other: fc.jsonValue() }), {
      minLength: 1,
    });
    const value = fc.string();
    fc.assert(
      fc.property(sources, fc.nat(), name, value, fc.nat(4), (list, nth, key, text, indent) => {
        const sourceIndex = nth % list.length;
        // As JSON has it, so that -0 and the like do not matter.
        const before = JSON.parse(JSON.stringify({ a: [{}], sources: list }));
        const edited = editConfigText(JSON.stringify(before, undefined, indent), {
          sourceIndex,
          key,
          value: text,
        });
        before.sources[sourceIndex].platform[key] = text;
        expect(JSON.parse(edited)).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });
});
