import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../functions/shared/errors.ts';
import { compileMapping, mappingHash, parseMappingSet } from '../../../../functions/shared/mapping/index.ts';
import { wrapped } from './builders.ts';

const rule = { sourceType: 'ATTRIBUTE', source: 'id', destination: '_id' };

/** The problems of a set that has to be refused. */
function problemsOf(set: unknown): readonly string[] {
  try {
    parseMappingSet(typeof set === 'string' ? set : JSON.stringify(set));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

function rowOf(text: string, record: unknown, variables: Record<string, string> = {}) {
  return compileMapping(parseMappingSet(text, { variables }), { requires: 'nothing' }).map(record).output;
}

describe('a mapping set', () => {
  it.each([
    ['one set', { mappings: [rule] }],
    ['a bare list of rules', [rule]],
    ['a list answer', { data: [{ id: 'x', mappings: [rule] }], _page: { count: 1 } }],
    ['a preview request', { data: [{ id: 1 }], mappingSet: { mappings: [rule] } }],
    ['a list of one set', [{ mappings: [rule] }]],
    ['the old names', [{ sourceAttribute: 'id', destinationXdmPath: '_id' }]],
    [
      'both names',
      [{ ...rule, sourceAttribute: 'id', destinationXdmPath: '_id', identity: true, version: 0 }],
    ],
    ['the old source types', [{ ...rule, sourceType: 'text/x.schema-path' }]],
    ['an expression by its old type', [{ ...rule, sourceType: 'text/x.aep-xl', source: 'lower(id)' }]],
  ])('is read from %s', (_, set) => {
    expect(rowOf(JSON.stringify(set), { id: 'a1' })).toEqual({ _id: 'a1' });
  });

  it('is read from CSV with and without column names', () => {
    const header = 'Source Type,Source Field,Target Field\r\nATTRIBUTE,id,_id\r\n';
    const expressions = 'EXPRESSION,"concat(""a, "", id)",x\nSTATIC,CUSTOMER,type\n';
    expect(rowOf(header + expressions, { id: 'b' })).toEqual({ _id: 'b', x: 'a, b', type: 'CUSTOMER' });
    expect(rowOf('id,_id\n"upper(id)",name', { id: 'b' })).toEqual({ _id: 'b', name: 'B' });
    for (const separator of [';', '\t']) {
      const text = 'Source Type|Source|Target\nEXPRESSION|"concat(id, ""|"")"|x'.replaceAll('|', separator);
      expect(rowOf(text, { id: 'b' })).toEqual({ x: `b${separator}` });
    }
  });

  it('puts variables into sources and destinations before anything is parsed', () => {
    const set = [
      {
        sourceType: 'EXPRESSION',
        source: `"@${wrapped('INSTANCE')}.Eloqua"`,
        destination: `_${wrapped('TENANT')}.key`,
      },
    ];
    const variables = { TENANT: 'acme', INSTANCE: 'i7' };
    expect(rowOf(JSON.stringify(set), {}, variables)).toEqual({ _acme: { key: '@i7.Eloqua' } });
  });

  it('is refused when a variable has no value', () => {
    const problems = problemsOf([{ ...rule, destination: `_${wrapped('TENANT')}.id` }]);
    expect(problems.join()).toContain('this variable has no value here');
  });

  it('names every problem at once, with rule, place and what was expected', () => {
    const problems = problemsOf([
      { ...rule, sourceType: 'EXPRESSION', source: 'concat(a,' },
      { ...rule, sourceType: 'EXPRESSION', source: 'conact(a, b)' },
      { ...rule, sourceType: 'EXPRESSION', source: 'lower(a, b)' },
      { ...rule, sourceType: 'EXPRESSION', source: '1 == 1 == true' },
      { ...rule, destination: 'a..b' },
    ]);
    expect(problems).toHaveLength(5);
    expect(problems[0]).toBe(
      'rule 1 (_id): source, line 1, column 10: expected a value, found the end\n      concat(a,\n               ^',
    );
    expect(problems[1]).toContain('there is no function "conact"; did you mean "concat"?');
    expect(problems[2]).toContain('lower takes 1 argument, found 2');
    expect(problems[3]).toContain('"==" can\'t follow another comparison');
    expect(problems[4]).toContain('rule 5 (a..b): destination, line 1, column 3');
  });

  it('names the problems in the order of the rules, whatever they are', () => {
    const problems = problemsOf([
      rule,
      { ...rule, destination: 'a..b' },
      { ...rule, sourceType: 'EXPRESSION', source: 'concat(a,' },
      { destination: 'c' },
      { ...rule, sourceType: 'odd' },
      { ...rule, sourceType: 'EXPRESSION', source: 'lower(a, b)', destination: '' },
    ]);
    expect(problems.map((problem) => /^rule \d/.exec(problem)?.[0])).toEqual(
      [2, 3, 4, 5, 6, 6].map((number) => `rule ${number}`),
    );
  });

  it.each([
    ['x = 1', 'assignments'],
    ['var x', 'reserved'],
    ['new("java.io.File")', 'reserved'],
    ['a; b', 'without ";"'],
    ['"open', 'expected " to end'],
    ['$' + '{open', 'expected "}"'],
    ['08', 'octal'],
    ['x.exec("ls")', 'no method "exec"'],
    ['x.getClass()', 'no method'],
    ['fpid_to_ecid(x)', 'does not publish'],
    ['a[*]', 'expected a value'],
    [wrapped('a[*]'), '[*] stands only'],
    ['concat(mixpanel_other_properties(properties))', 'whole expression'],
    [`${'('.repeat(300)}1${')'.repeat(300)}`, 'nested deeper'],
    [`a${'+a'.repeat(600)}`, 'more than 500 operators, or fields, follow one another'],
    [`a${'.b'.repeat(600)}`, 'more than 500 operators, or fields, follow one another'],
    [`"${'x'.repeat(5000)}"`, 'allowed are 4096'],
  ])('refuses %s', (source, reason) => {
    const problems = problemsOf([{ ...rule, sourceType: 'EXPRESSION', source }]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(reason);
  });

  it.each([
    ['', 'allowed are one or more rules'],
    ['{"mappings":[]}', 'allowed are one or more rules'],
    ['{"mappings":{}}', 'allowed is a list of rules'],
    ['{"mappings":[{"source":"a"}]}', 'no "destination"'],
    ['{"mappings":["a"]}', 'allowed is a rule, an object'],
    ['{"data":[{"mappings":[]},{"mappings":[]}]}', '2 mapping sets'],
    ['{"transformations":[{"name":"Mapping","params":{"mappingId":"x"}}]}', 'only names its mapping set'],
    ['{"name":"x"}', 'no "mappings"'],
    ['[]', 'allowed are one or more rules'],
    ['{"mappings":[{"source":"a","destination":"b","sourceType":"constructor"}]}', 'the source type'],
    ['{"mappings":[{"source":"a","destination":"b"', 'it is not JSON: '],
    ['not a mapping set', 'neither JSON nor CSV'],
  ])('refuses the text %s', (text, reason) => {
    expect(problemsOf(text).join('\n')).toContain(reason);
  });

  it('has a hash that changes with rules and variables and with nothing else', () => {
    const set = JSON.stringify({ mappings: [rule] });
    const hash = mappingHash(parseMappingSet(set));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(
      mappingHash(parseMappingSet(JSON.stringify({ name: 'n', mappings: [{ ...rule, description: 'd' }] }))),
    ).toBe(hash);
    expect(mappingHash(parseMappingSet(set, { variables: { TENANT: 'a' } }))).not.toBe(hash);
    expect(mappingHash(parseMappingSet(JSON.stringify([{ ...rule, source: 'key' }])))).not.toBe(hash);
  });

  it("takes the target's types from a schema that it brings along", () => {
    const jsonSchema = {
      type: 'object',
      allOf: [{ $ref: '#/definitions/own' }],
      definitions: {
        own: {
          properties: {
            count: { type: 'integer' },
            on: { type: 'boolean' },
            day: { type: 'string', format: 'date' },
            person: { type: 'object', properties: { name: { type: 'string' } } },
            tags: { type: 'array', items: { type: 'string' } },
          },
        },
      },
    };
    const names = ['count', 'on', 'day', 'person', 'tags'];
    const mappings = names.map((name) => ({ sourceType: 'ATTRIBUTE', source: name, destination: name }));
    const text = JSON.stringify({ outputSchema: { jsonSchema }, mappings });
    const record = { count: '7', on: 'YES', day: '12-31-2020', person: { name: 5, age: 3 }, tags: [1, 'b'] };
    expect(rowOf(text, record)).toEqual({
      count: 7,
      on: true,
      day: '2020-12-31',
      person: { name: '5' },
      tags: ['1', 'b'],
    });
  });
});
