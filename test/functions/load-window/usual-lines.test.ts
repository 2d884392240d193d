import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRecordOfLine } from '../../../functions/load-window/record-of-line.ts';
import { createUsualLines } from '../../../functions/load-window/usual-lines.ts';
import { compileMapping, parseMappingSet } from '../../../functions/shared/mapping/index.ts';
import { createProfileBuilder } from '../../../functions/shared/property-profile.ts';
import { lineOf } from '../../simulators/mixpanel/data/event-row.ts';
import { createWorld } from '../../simulators/mixpanel/data/world.ts';
import { resolveProject } from '../../simulators/mixpanel/options.ts';

const time = { timestamps: 'project', zone: 'Europe/Madrid' } as const;
const origin = { source: 'shop', projectId: '7', date: '2026-03-08', run: 'r' };
const recordOf = createRecordOfLine(time, origin);
const defaultText = readFileSync(new URL('../../../mappings/default.json', import.meta.url), 'utf8');

const open = (text = defaultText) => {
  const mapping = compileMapping(parseMappingSet(text, { variables: { TENANT: 'acme' } }));
  return { mapping, usual: createUsualLines(mapping, time, origin) };
};

/** The rows of lines, read as usual lines where they are; `usual` tells how many are. */
function readBothWays(lines: readonly string[]) {
  const { mapping, usual } = open();
  const builder = createProfileBuilder();
  let count = 0;
  for (const line of lines) {
    const bytes = Buffer.from(line);
    const general = recordOf(bytes);
    if (general === undefined) throw new Error(`it is no event: ${line}`);
    const { text } = mapping.map(general);
    const divided = usual?.recordOf(bytes);
    if (divided === undefined) continue;
    count += 1;
    builder.addRecord(general.properties);
    expect(mapping.map(divided).text).toBe(text);
  }
  const read = createProfileBuilder();
  if (usual !== undefined) read.addProfile(usual.profile());
  expect(read.profile()).toEqual(builder.profile());
  return count;
}

const line = (properties: string, event = '"e"') => `{"event":${event},"properties":${properties}}`;

describe('lines of the usual form', () => {
  it('are nearly all that Mixpanel sends, and give the rows and the profile that they give in the general way', () => {
    const project = resolveProject({ projectId: 7 }, { eventsPerDay: 2000 });
    const rows = createWorld(1, project)
      .dayEvents('2026-03-08')
      .rows({ pull: 1, nowMs: Date.parse('2026-06-01') });
    const lines = [...rows].map((row) => lineOf(row, true));
    expect(readBothWays(lines)).toBeGreaterThan(0.98 * lines.length);
  });

  it('may have any value', () => {
    const values = [
      ...['"a"', '""', '"\\u00e9\\n"', '"\\ud83d"', '"a\\\\"', '"\\\\\\""', '"é✓💸"', '"\u2028"'],
      ...['0', '-0', '1', '-12', '1.50', '1E5', '1e400', '5e-324', '123456789012345', '1234567890123456'],
      ...[
        '12345678901234567890',
        '0.05',
        '0.5',
        '-0.5',
        '12.50',
        '138.5',
        '-123456789.12345',
        '1234567890.123456',
        '0.000001234',
        '[ 1 , "a" ]',
        '["a","é",1,-2.5]',
        '["a" ]',
        '["a\\n"]',
        '[1.0]',
        '[-0]',
        '[[1],{}]',
        '[true]',
        '"\\/"',
        '"\\"\\\\\\n\\r\\t\\b\\f"',
        '"\\u0001"',
        'true',
        'false',
        'null',
        '{}',
        '[]',
        '[1,{"a":"]}\\""}]',
        '{"n":12345678901234567890}',
      ],
    ];
    const lines = values.flatMap((value) => [
      line(`{"time":1772953200,"a":${value},"b":1}`),
      line(`{"$browser":${value},"$screen_width":${value},"$wifi":${value},"time":1772953200}`),
      line(`{ "a" : ${value} , "Größe":${value},"日本" :${value} }`, '"\\u00e9"'),
    ]);
    expect(readBothWays(lines)).toBe(lines.length);
  });

  it.each([
    ['a name that comes twice', line('{"a":1,"b":2,"a":3}')],
    ['a name that JSON.parse puts first', line('{"b":1,"12":2}')],
    ['a name that is no name', line('{"__proto__":1}')],
    ['a name with an escape', line('{"a\\u0062":1}')],
    ['a name too long for a profile', line(`{"${'n'.repeat(256)}":1}`)],
    ['no properties', line('{}')],
    ['more members', '{"event":"e","properties":{"a":1},"more":1}'],
    ['another order', '{"properties":{"a":1},"event":"e"}'],
    ['an id that JSON.parse cuts short', line('{"$insert_id":12345678901234567890}')],
    ['an id that is an object', line('{"distinct_id":{"a":1}}')],
  ])('do not have %s, which is read in the general way', (_, odd) => {
    // An odd line leaves no trace in what is read after it.
    expect(readBothWays([odd, line('{"time":1772953200,"a":1,"b":2}'), odd, line('{"a":1,"b":2}')])).toBe(2);
  });

  it.each([
    ['copies all properties', { source: 'properties', destination: 'all' }],
    ['reads the flat view', { source: 'data.plan', destination: 'plan' }],
    [
      'reads names that an expression makes',
      { source: 'is_set(concat("properties.", event))', destination: 'x', sourceType: 'EXPRESSION' },
    ],
    ['goes through lists', { source: 'properties.list[*].a', destination: 'x' }],
  ])('are not read for a mapping that %s', (_, rule) => {
    const others = {
      sourceType: 'EXPRESSION',
      source: 'mixpanel_other_properties(properties)',
      destination: 'rest',
    };
    expect(open(JSON.stringify([others])).usual).toBeDefined();
    expect(open(JSON.stringify([others, rule])).usual).toBeUndefined();
  });
});
