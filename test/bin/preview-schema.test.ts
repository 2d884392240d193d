import { afterAll, describe, expect, it } from 'vitest';
import { openPreviewFolder } from '../support/preview-command.ts';

const { write, preview, previewJson, close } = openPreviewFolder();
afterAll(close);

const text = { type: 'string', 'meta:xdmType': 'string' };
const schema = write('schema.json', {
  $id: 'https://ns.adobe.com/acme/schemas/1',
  $schema: 'http://json-schema.org/draft-06/schema#',
  type: 'object',
  'meta:class': 'https://ns.adobe.com/xdm/context/experienceevent',
  properties: {
    _id: text,
    timestamp: { type: 'string', format: 'date-time' },
    eventType: text,
    identityMap: {
      type: 'object',
      additionalProperties: { type: 'array', items: { type: 'object', properties: { id: text } } },
    },
    _acme: {
      type: 'object',
      required: ['plan'],
      properties: {
        plan: { ...text, enum: ['gold', 'free'], 'meta:enum': { gold: 'Gold' } },
        code: { ...text, pattern: '^[A-Z]+$', minLength: 2, maxLength: 3 },
        count: { type: 'integer', minimum: 0, maximum: 10 },
        tags: { type: 'array', items: text, maxItems: 2 },
        seen: { type: 'boolean' },
      },
    },
  },
  required: ['_id', 'timestamp', 'eventType'],
});

const attributes = (pairs: Readonly<Record<string, string>>) =>
  Object.entries(pairs).map(([source, destination]) => ({ sourceType: 'ATTRIBUTE', source, destination }));

const raw = write(
  'raw.json',
  attributes({
    plan: '_acme.plan',
    code: '_acme.code',
    count: '_acme.count',
    tags: '_acme.tags',
    seen: '_acme.seen',
    user: 'identityMap.CRM[0].id',
  }),
);

describe('connector preview --schema', () => {
  it('refuses every destination that the schema does not have', () => {
    const set = write(
      'misplaced.json',
      attributes({
        a: '_acme.paln',
        b: '_acme.Plan',
        c: '_acme.tags.x',
        d: '_acme.count[0]',
        e: 'eventType.name',
        f: '_acme.tags[*]',
        g: 'identityMap.ANY[0].id',
      }),
    );
    const { status, stdout, stderr } = preview(['--mapping', set, '--raw', '--schema', schema], '{}\n');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.split('\n').slice(1)).toEqual([
      '  - rule 1 (_acme.paln): the schema has no field "paln" in _acme, but code, count, plan, seen, tags',
      '  - rule 2 (_acme.Plan): the schema has no field "Plan" in _acme; did you mean "plan"?',
      '  - rule 3 (_acme.tags.x): the schema has a list at _acme.tags; write _acme.tags[0] or _acme.tags[*]',
      '  - rule 4 (_acme.count[0]): the schema has no list at _acme.count, but a field of type integer',
      '  - rule 5 (eventType.name): the schema has a field of type string at eventType, which has no fields',
      '',
    ]);
  });

  it("converts values to the schema's types, and counts what can not be converted as a rule's error", () => {
    const input = [
      { plan: 'gold', count: '7', seen: 'yes', tags: ['a', 1], user: 42 },
      { plan: 'gold', count: 1.5, tags: 'a' },
    ];
    const { lines } = previewJson(
      ['--mapping', raw, '--raw', '--schema', schema],
      input.map((record) => JSON.stringify(record)).join('\n'),
    );
    expect(lines).toEqual([
      {
        output: {
          identityMap: { CRM: [{ id: '42' }] },
          _acme: { plan: 'gold', count: 7, seen: true, tags: ['a', '1'] },
        },
        errors: [],
        rejected: [],
      },
      {
        output: { _acme: { plan: 'gold' } },
        errors: [
          {
            rule: 2,
            destination: '_acme.count',
            message: 'expected a whole number, found one with a fraction',
          },
          { rule: 3, destination: '_acme.tags', message: expect.stringContaining('expected a list') },
        ],
        rejected: [],
      },
    ]);
  });

  it('rejects rows that break a limit of the schema, and quotes no value', () => {
    const input = JSON.stringify({ plan: 'silver', code: 'wxyz', count: 11, tags: ['a', 'b', 'c'] });
    const { status, stdout, lines } = previewJson(['--mapping', raw, '--raw', '--schema', schema], input);
    expect(lines).toEqual([
      {
        output: null,
        errors: [],
        rejected: [
          { path: '_acme.plan', reason: 'must be one of the values that the schema lists' },
          { path: '_acme.code', reason: 'must have at most 3 characters' },
          { path: '_acme.code', reason: 'must match ^[A-Z]+$' },
          { path: '_acme.count', reason: 'must be at most 10' },
          { path: '_acme.tags', reason: 'must have at most 2 elements' },
        ],
      },
    ]);
    expect(stdout).not.toMatch(/silver|wxyz/);
    expect(status).toBe(0);
  });

  it('requires what the schema requires of Mixpanel lines, and nothing of raw records', () => {
    const set = write(
      'lines.json',
      attributes({
        'connector.id': '_id',
        'connector.timestamp': 'timestamp',
        'properties.count': '_acme.count',
      }),
    );
    const line = JSON.stringify({ event: 'X', properties: { time: 1, count: 3 } });
    expect(previewJson(['--mapping', set, '--schema', schema], line).lines[0]).toEqual({
      output: null,
      errors: [],
      rejected: [
        { path: '_acme.plan', reason: 'the required field has no value' },
        { path: 'eventType', reason: 'the required field has no value' },
      ],
    });
    const rawLine = JSON.stringify({ properties: { count: 3 } });
    expect(previewJson(['--mapping', set, '--schema', schema, '--raw'], rawLine).lines[0]).toMatchObject({
      output: { _acme: { count: 3 } },
      rejected: [],
    });
  });

  it('follows references to definitions, and names those that lead out of the file', () => {
    const definitions = {
      plan: { properties: { plan: { ...text, enum: ['gold'] }, tags: { items: text } } },
    };
    const local = write('local.json', { properties: { _acme: { $ref: '#/definitions/plan' } }, definitions });
    const set = write('plan.json', attributes({ plan: '_acme.plan' }));
    const args = ['--mapping', set, '--raw', '--schema'];
    expect(previewJson([...args, local], '{"plan":"silver"}').lines).toMatchObject([
      { output: null, rejected: [{ path: '_acme.plan' }] },
    ]);
    const elsewhere = { $ref: 'https://ns.adobe.com/acme/datatypes/1' };
    const outside = write('outside.json', {
      properties: { _acme: { properties: { plan: text, elsewhere } } },
    });
    const { status, stderr } = preview([...args, outside], '{}');
    expect(status).toBe(2);
    expect(stderr).toContain(
      '_acme.elsewhere: refers to https://ns.adobe.com/acme/datatypes/1, which is not',
    );
  });

  it('refuses what is no schema, and a schema that is not in its full form', () => {
    const other = write('mapping-not-schema.json', [1]);
    const short = write('short.json', { allOf: [{ $ref: 'https://ns.adobe.com/xdm/data/time-series' }] });
    const args = ['--mapping', raw, '--raw', '--schema'];
    expect(preview([...args, other])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('must be a JSON Schema with "properties"'),
    });
    expect(preview([...args, short])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('application/vnd.adobe.xed-full+json'),
    });
  });
});
