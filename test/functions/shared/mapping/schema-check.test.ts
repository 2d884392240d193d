import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import {
  type CompileOptions,
  compileMapping,
  parseMappingSet,
  readTargetSchema,
} from '../../../../functions/shared/mapping/index.ts';
import fc from '../../../support/seeded-fast-check.ts';
import { attribute, expression, type RuleJson } from './builders.ts';

const text = { type: 'string' };
const fields = {
  plan: { ...text, enum: ['gold', 'free'] },
  code: { ...text, pattern: '[A-Z]{2}-[0-9]+|none' },
  country: { ...text, pattern: '^[A-Z]{2}$' },
  short: { ...text, minLength: 2, maxLength: 3 },
  count: { type: 'integer', minimum: -5, maximum: 10 },
  price: { type: 'number' },
  seen: { type: 'boolean' },
  day: { ...text, format: 'date' },
  at: { ...text, format: 'date-time' },
  uri: { ...text, format: 'uri' },
  link: { ...text, format: 'uri-reference' },
  ip: { ...text, format: 'ipv4' },
  ip6: { ...text, format: 'ipv6' },
  mail: { ...text, format: 'email' },
  tags: { type: 'array', items: { ...text, enum: ['a', 'b', 'c'] }, minItems: 2, maxItems: 3 },
  open: { type: 'object' },
  address: { type: 'object', required: ['city'], properties: { city: text, zip: { ...text, maxLength: 5 } } },
  scores: { type: 'object', additionalProperties: { type: 'integer', maximum: 9 } },
  stops: {
    type: 'array',
    items: { type: 'object', required: ['name'], properties: { name: text, note: text } },
  },
};
const document = {
  type: 'object',
  properties: {
    _id: text,
    timestamp: { ...text, format: 'date-time' },
    _acme: { type: 'object', properties: fields },
  },
  required: ['_id', 'timestamp'],
};
const { root: schema } = readTargetSchema(document, 'reading');

const now = Date.parse('2026-03-09T00:00:00Z');
const event = { id: 'e1', time: '2026-03-08T10:15:00.250Z' };
const eventRules = [attribute('id', '_id'), attribute('time', 'timestamp')];

function compile(rules: readonly RuleJson[], options: CompileOptions = {}) {
  const set = parseMappingSet(JSON.stringify({ mappings: rules }));
  return compileMapping(set, { schema, clock: () => now, ...options });
}

/** One rule for each field, from a property of the same name. */
const all = compile([...eventRules, ...Object.keys(fields).map((name) => attribute(name, `_acme.${name}`))]);

describe('a row', () => {
  it.each([
    ['required', { id: '' }, '_id', 'the required field has no value'],
    [
      'required, in an object',
      { address: { zip: '1' } },
      '_acme.address.city',
      'the required field has no value',
    ],
    [
      'required, in a list',
      { stops: [{ name: 'a' }, { note: 'x' }] },
      '_acme.stops[1].name',
      'the required field has no value',
    ],
    ['enum', { plan: 'silver' }, '_acme.plan', 'must be one of the values that the schema lists'],
    [
      'enum, in a list',
      { tags: ['a', 'x'] },
      '_acme.tags[1]',
      'must be one of the values that the schema lists',
    ],
    ['pattern', { country: 'usa' }, '_acme.country', 'must match ^[A-Z]{2}$'],
    ['pattern, of the whole text', { code: 'xAB-1' }, '_acme.code', 'must match [A-Z]{2}-[0-9]+|none'],
    ['length, below', { short: '😀' }, '_acme.short', 'must have at least 2 characters'],
    ['length, above', { short: '😀bcd' }, '_acme.short', 'must have at most 3 characters'],
    ['minimum', { count: '-6' }, '_acme.count', 'must be at least -5'],
    ['maximum', { count: 11 }, '_acme.count', 'must be at most 10'],
    ['maximum, in a map', { scores: { a: 1, b: 10 } }, '_acme.scores.b', 'must be at most 9'],
    ['elements, below', { tags: ['a'] }, '_acme.tags', 'must have at least 2 elements'],
    ['elements, above', { tags: ['a', 'b', 'c', 'a'] }, '_acme.tags', 'must have at most 3 elements'],
    ['format uri', { uri: 'web page' }, '_acme.uri', 'must be of the format uri'],
    ['format uri-reference', { link: 'a b' }, '_acme.link', 'must be of the format uri-reference'],
    ['format ipv4', { ip: '1.2.3.256' }, '_acme.ip', 'must be of the format ipv4'],
    ['format ipv6', { ip6: 'fe80::1%eth0' }, '_acme.ip6', 'must be of the format ipv6'],
    ['format email', { mail: 'x@y' }, '_acme.mail', 'must be of the format email'],
    ['time in the future', { time: '2026-03-09T00:00:00.001Z' }, 'timestamp', 'the time lies in the future'],
    [
      'time in the future, in another zone',
      { time: '2026-03-08T23:30:00-01:00' },
      'timestamp',
      'the time lies in the future',
    ],
  ])('is rejected for %s', (_, properties, path, reason) => {
    const { text: row, output, rejected } = all.map({ ...event, ...properties });
    expect({ row, output, rejected }).toEqual({
      row: undefined,
      output: null,
      rejected: [{ path, reason }],
    });
  });

  it('is rejected when it is too large for Profile, and only then', () => {
    const rules = [...eventRules, attribute('note', '_acme.open.note')];
    const large = { ...event, note: 'é'.repeat(5100) };
    const [rejection] = compile(rules, { profile: true }).map(large).rejected;
    expect(rejection).toMatchObject({
      path: '',
      reason: expect.stringMatching(/^the event has 10\d\d\d bytes/),
    });
    expect(compile(rules).map(large).rejected).toEqual([]);
  });

  it('names everything that is wrong with it, and quotes no value', () => {
    const { rejected } = all.map({ plan: 'secret-1', code: 'secret-2', scores: { a: 10, b: 11 } });
    expect(rejected.map(({ path }) => path)).toEqual([
      '_acme.plan',
      '_acme.code',
      '_acme.scores.a',
      '_acme.scores.b',
      '_id',
      'timestamp',
    ]);
    expect(JSON.stringify(rejected)).not.toContain('secret');
  });

  it.each([
    ['count', 1.5, 'expected a whole number, found one with a fraction'],
    ['count', 'many', 'the text is not a number'],
    ['seen', 1, 'expected a boolean, found a number'],
    ['day', 'soon', expect.any(String)],
    ['at', 1_772_964_900, 'the number looks like seconds since 1970: multiply it by 1000'],
    ['plan', ['gold'], 'expected a text, found a list'],
    ['tags', 'a', 'expected a list, found a text'],
    ['open', 'a', 'expected an object, found a text'],
    ['address', 1, 'expected an object, found a number'],
  ])('goes on without %s when its value has another type: %j', (name, value, message) => {
    const { output, errors, rejected } = all.map({ ...event, [name]: value });
    expect({ output, rejected }).toEqual({ output: { _id: 'e1', timestamp: event.time }, rejected: [] });
    expect(errors).toEqual([{ rule: expect.any(Number), destination: `_acme.${name}`, message }]);
  });

  it.each([
    ['count', '7', 7],
    ['count', 7.0, 7],
    ['price', '1.50', 1.5],
    ['plan', 'gold', 'gold'],
    ['country', 'ES', 'ES'],
    ['code', 'none', 'none'],
    ['seen', 'yes', true],
    ['day', '2026/03/08', '2026-03-08'],
    ['day', 1_772_964_900_000, '2026-03-08'],
    ['at', 1_772_964_900_000, '2026-03-08T10:15:00Z'],
    ['uri', 'https://user@example.com:80/a/b?q=%20#x', 'https://user@example.com:80/a/b?q=%20#x'],
    ['link', '/a?b', '/a?b'],
    ['ip6', '::1', '::1'],
    ['open', { a: [1, { b: 'c' }] }, { a: [1, { b: 'c' }] }],
    ['scores', { a: '1' }, { a: 1 }],
  ])('takes for %s what can be converted without loss: %j', (name, value, written) => {
    expect(all.map({ ...event, [name]: value })).toMatchObject({
      output: { _acme: { [name]: written } },
      errors: [],
      rejected: [],
    });
  });

  it('has no null and no empty value, which Platform refuses, and no field that its schema lacks', () => {
    const empty = { plan: null, code: '', tags: [], open: {}, stops: [{ name: '' }], scores: { a: null } };
    expect(all.map({ ...event, ...empty }).output).toEqual({ _id: 'e1', timestamp: event.time });
    const address = { city: 'x', country: 'y' };
    expect(all.map({ ...event, address }).output).toMatchObject({ _acme: { address: { city: 'x' } } });
  });

  it('has to have the required fields of an object that several rules write, where it has the object', () => {
    const rules = [attribute('zip', '_acme.address.zip'), attribute('city', '_acme.address.city')];
    const apart = compile([...eventRules, ...rules]);
    expect(apart.map(event).rejected).toEqual([]);
    expect(apart.map({ ...event, city: 'x' }).rejected).toEqual([]);
    const missing = [{ path: '_acme.address.city', reason: 'the required field has no value' }];
    expect(apart.map({ ...event, zip: '1' }).rejected).toEqual(missing);
    const [zip] = rules;
    const without = compile([...eventRules, ...(zip === undefined ? [] : [zip])]);
    expect(without.map({ ...event, zip: '1' }).rejected).toEqual(missing);
  });

  it('is checked as well where rules write into lists', () => {
    const lists = compile([
      ...eventRules,
      attribute('names[*].n', '_acme.stops[*].note'),
      attribute('t', '_acme.tags[1]'),
    ]);
    expect(lists.map({ ...event, names: [{ n: 'x' }] }).rejected).toEqual([
      { path: '_acme.stops[0].name', reason: 'the required field has no value' },
    ]);
    expect(lists.map({ ...event, t: 'z' }).rejected.map(({ path }) => path)).toEqual([
      '_acme.tags',
      '_acme.tags[0]',
    ]);
  });

  it('need not be whole nor of the past where nothing is required of it', () => {
    const part = compile([...eventRules, attribute('zip', '_acme.address.zip')], { requires: 'nothing' });
    expect(part.map({ time: '2999-01-01T00:00:00Z', zip: '1' }).rejected).toEqual([]);
    expect(part.map({ zip: 'too long' }).rejected).toHaveLength(1);
  });

  it('that passes is valid by another validator too, whatever the record is', () => {
    const closed = JSON.parse(JSON.stringify(document), (_, value) =>
      value?.properties === undefined ? value : { ...value, additionalProperties: false },
    );
    const isValid = new Ajv({ strict: false, validateFormats: false }).compile(closed);
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('gold', 'a', 'ES', 'ab', 3, '4', { city: 'x' }, ['a', 'b'], [{ name: 'n' }], { a: 1 }),
    );
    const record = fc.dictionary(fc.constantFrom(...Object.keys(fields)), value);
    let taken = 0;
    fc.assert(
      fc.property(record, (properties) => {
        const { output } = all.map({ ...event, ...properties });
        if (output === null) return;
        taken += 1;
        if (!isValid(output)) expect({ properties, errors: isValid.errors }).toBeUndefined();
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(50);
  });
});

describe('a mapping set', () => {
  const problemsOf = (...rules: RuleJson[]) => {
    try {
      compile(rules);
    } catch (error) {
      return String(error).split('\n').slice(1);
    }
    return [];
  };
  const constant = (source: string, destination: string) => ({ sourceType: 'STATIC', source, destination });

  it('is refused for a destination that the schema lacks: the rule, the path, and what is there', () => {
    expect(
      problemsOf(
        attribute('x', '_acme.plans'),
        attribute('x', '_acme.plan'),
        attribute('x', '_acme.Plan'),
        attribute('x', '_other.plan'),
        attribute('x', '_acme.tags.first'),
        attribute('x', '_acme.address[0]'),
        attribute('x', '_acme.plan.name'),
        attribute('x', '_acme.open.whatever.there'),
      ),
    ).toEqual([
      '  - rule 1 (_acme.plans): the schema has no field "plans" in _acme, but address, at, code, count, country, day, ip, ip6, link, mail and 9 more',
      '  - rule 3 (_acme.Plan): the schema has no field "Plan" in _acme; did you mean "plan"?',
      '  - rule 4 (_other.plan): the schema has no field "_other", but _acme, _id, timestamp',
      '  - rule 5 (_acme.tags.first): the schema has a list at _acme.tags; write _acme.tags[0] or _acme.tags[*]',
      '  - rule 6 (_acme.address[0]): the schema has no list at _acme.address, but an object',
      '  - rule 7 (_acme.plan.name): the schema has a field of type string at _acme.plan, which has no fields',
    ]);
  });

  it('is refused for a constant that its field can never take', () => {
    expect(
      problemsOf(
        constant('gold', '_acme.plan'),
        constant('silver', '_acme.plan'),
        constant('x', '_acme.count'),
        expression('iif(a, "gold", a == 1 ? null : "tin")', '_acme.plan'),
        expression('iif(a, "gold", b)', '_acme.plan'),
      ),
    ).toEqual([
      "  - rule 2 (_acme.plan): a constant that its field can't take: must be one of the values that the schema lists",
      "  - rule 3 (_acme.count): a constant that its field can't take: the text is not a number",
      "  - rule 4 (_acme.plan): a constant that its field can't take: must be one of the values that the schema lists",
    ]);
  });
});

describe('the extensions for identities and other properties', () => {
  const rules = [
    ...eventRules,
    expression('mixpanel_identity_map(user, device, distinct)', 'identityMap'),
    expression('mixpanel_other_properties(properties)', 'others'),
  ];
  const item = {
    id: text,
    authenticatedState: { ...text, enum: ['ambiguous', 'authenticated', 'loggedOut'] },
    primary: { type: 'boolean' },
  };
  const mapWith = (identity: object, other: object, record: object) => {
    const items = { type: 'object', properties: identity };
    const properties = {
      ...document.properties,
      identityMap: { type: 'object', additionalProperties: { type: 'array', items } },
      others: { type: 'object', additionalProperties: other },
    };
    const { root } = readTargetSchema({ ...document, properties }, 'reading');
    return compile(rules, { schema: root }).map({ ...event, ...record });
  };
  const record = { user: 'u', device: 'd', properties: { a: 1, b: 'two' } };

  it('write the same through the checks of a schema as without one', () => {
    const { output } = compileMapping(parseMappingSet(JSON.stringify(rules))).map({ ...event, ...record });
    expect(output).toHaveProperty('identityMap.MIXPANELUSER');
    expect(mapWith(item, text, record).output).toEqual(output);
    const bounded = { ...text, maxLength: 9 };
    expect(mapWith({ ...item, id: bounded }, bounded, record).output).toEqual(output);
  });

  it('are checked where the schema limits what they write', () => {
    const long = { ...record, user: 'u'.repeat(10), properties: { a: 'x'.repeat(10) } };
    const bounded = { ...text, maxLength: 9 };
    expect(mapWith({ ...item, id: bounded }, bounded, long).rejected.map(({ path }) => path)).toEqual([
      'identityMap.MIXPANELUSER[0].id',
      'others.a',
    ]);
    const states = { ...item, authenticatedState: { ...text, enum: ['ambiguous'] } };
    expect(mapWith(states, text, record).rejected.map(({ path }) => path)).toEqual([
      'identityMap.MIXPANELUSER[0].authenticatedState',
    ]);
    expect(mapWith({ id: { type: 'integer' } }, text, record)).toMatchObject({
      errors: [{ destination: 'identityMap' }],
    });
  });
});
