import { describe, expect, it } from 'vitest';
import { growProperties, withRules } from '../../../bin/setup/grow-properties.ts';
import { parseSetupOptions } from '../../../bin/setup/setup-options.ts';
import { compileMapping, parseMappingSet } from '../../../functions/shared/mapping/index.ts';

const mapping = parseMappingSet(
  JSON.stringify({
    mappings: [
      { sourceType: 'ATTRIBUTE', source: 'connector.date', destination: '_$' + '{TENANT}.mixpanel.date' },
      {
        sourceType: 'EXPRESSION',
        source: 'mixpanel_other_properties(properties)',
        destination: '_$' + '{TENANT}.mixpanel.properties',
      },
    ],
  }),
  { variables: { TENANT: 'acme' } },
);

const report = {
  date: '2026-03-08',
  properties: [
    { name: '$city', types: { string: 3 } },
    { name: 'Plan Type', types: { string: 3, null: 1 } },
    { name: 'a.b[0]', types: { string: 1, number: 1 } },
    { name: 'amount', types: { number: 5 } },
    { name: 'cart', types: { list: 5 } },
    { name: 'city', types: { string: 3 } },
    { name: 'date', types: { string: 3 } },
    { name: 'x{y}', types: { string: 3 } },
    { name: 'isPro', types: { boolean: 2 } },
    { name: '日本', types: { string: 1 } },
  ],
};

function grow(...property: readonly string[]) {
  const options = parseSetupOptions({ grow: true, property });
  return growProperties(options.property, report, mapping);
}

/** The row's own fields when the grown rules map these properties. */
function mapped(properties: object, ...property: readonly string[]) {
  const { rules, problems } = grow(...property);
  expect(problems).toEqual([]);
  const set = parseMappingSet(withRules(mapping, rules), { variables: { TENANT: 'acme' } });
  const { output, errors } = compileMapping(set, { requires: 'nothing' }).map({ properties, connector: {} });
  expect(errors).toEqual([]);
  return output;
}

describe('a property that is to have a field of its own', () => {
  it('gets a rule that reads it whatever its name, into a field of its values’ type', () => {
    const properties = {
      $city: 'Rome',
      'Plan Type': 'pro',
      'a.b[0]': 7,
      amount: 1.5,
      isPro: false,
      日本: 'x',
    };
    expect(mapped(properties, '$city', 'Plan Type', 'a.b[0]', 'amount', 'isPro', '日本=japan')).toEqual({
      _acme: {
        mixpanel: { city: 'Rome', Plan_Type: 'pro', a_b_0: 7, amount: 1.5, isPro: false, japan: 'x' },
      },
    });
    expect(mapped({}, 'isPro', 'amount', '$city')).toEqual({});
  });

  it('is not asked for twice: a mapping set that has the rule gets no other', () => {
    const { rules } = grow('amount');
    const next = parseMappingSet(withRules(mapping, rules), { variables: { TENANT: 'acme' } });
    expect(growProperties([{ name: 'amount' }], report, next)).toEqual({ rules: [], problems: [] });
  });

  it.each([
    ['plan type', 'no event of 2026-03-08, the newest window with a report, has it; did you mean Plan Type?'],
    ['zzzzzzzz', 'has it; they have $city, Plan Type'],
    ['cart', 'it has lists or objects for values'],
    ['date', 'writes _$' + '{TENANT}.mixpanel.date already; give another field, as in --property date=FIELD'],
    ['x{y}', 'its name has braces'],
    ['日本', 'nothing of its name can be the name of a field'],
  ])('is refused where it can have none: %s', (name, why) => {
    const { rules, problems } = grow(name);
    expect(rules).toEqual([]);
    expect(problems).toEqual([expect.stringContaining(`--property ${name}: `)]);
    expect(problems[0]).toContain(why);
  });

  it('may have another field than its name says, and has to where two would share one', () => {
    expect(grow('$city', 'city').problems).toEqual([expect.stringContaining('another one gets this field')]);
    expect(grow('$city', 'city=homeTown').rules.map(({ destination }) => destination)).toEqual([
      '_$' + '{TENANT}.mixpanel.city',
      '_$' + '{TENANT}.mixpanel.homeTown',
    ]);
  });

  it('needs --grow, since it adds to the schema', () => {
    expect(() => parseSetupOptions({ property: ['plan'] })).toThrow(
      '--property: found ["plan"]; adds to the schema, so it needs --grow',
    );
  });
});
