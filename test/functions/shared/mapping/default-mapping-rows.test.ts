import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileMapping, parseMappingSet } from '../../../../functions/shared/mapping/index.ts';
import { fragmentsByChannel } from '../../../simulators/mixpanel/data/fragments.ts';
import { peopleOf } from '../../../simulators/mixpanel/data/people.ts';
import { compileRows } from '../../../simulators/platform/compile-rows.ts';
import { mixpanelFieldGroup, mixpanelSchema } from '../../../simulators/platform/default-schema.ts';
import { resolveSchema } from '../../../simulators/platform/resolve-schema.ts';
import { standardResources } from '../../../simulators/platform/schema/standard-resources.ts';

const text = readFileSync(new URL('../../../../mappings/default.json', import.meta.url), 'utf8');
const mapping = compileMapping(parseMappingSet(text, { variables: { TENANT: 't' } }));

const library = standardResources();
library.set('https://ns.adobe.com/t/mixins/mixpanel-event-details', mixpanelFieldGroup('t'));
const schema = resolveSchema(mixpanelSchema('https://ns.adobe.com/t/schemas/events', 't'), (id) =>
  library.get(id),
);
/** As strict as anything Platform does: no conversion, no unknown field, nothing empty. */
const rules = { conversion: false, extraneousFields: 'refuse', emptyValues: 'refuse' } as const;
const check = compileRows(schema, rules, Date.now);

const connector = {
  id: '0123456789abcdef0123456789abcdef',
  timestamp: '2026-03-08T10:15:00.250Z',
  source: 'web',
  projectId: '42',
  date: '2026-03-08',
  run: '20260309T033000000Z-1f2e3d4c',
};

function problemsOf(event: string, properties: unknown): unknown {
  const { text: row, rejected } = mapping.map({ event, properties, connector });
  return { rejected, problems: row === undefined ? [] : check(JSON.parse(row)).problems };
}

it('gives rows that the strictest schema takes, for every kind of event that the simulator sends', () => {
  const fragments = fragmentsByChannel(7);
  for (const person of peopleOf(7, 60)) {
    for (const kind of fragments[person.channel].filter((_, index) => index % 23 === 0)) {
      const ids = `"distinct_id":"$device:${person.deviceId}","$device_id":"${person.deviceId}"`;
      const properties: unknown = JSON.parse(`{${ids}${person.members}${kind.members}}`);
      expect(problemsOf(kind.name, properties)).toEqual({ rejected: [], problems: [] });
    }
  }
});

it('gives rows that the strictest schema takes, whatever the properties are that its rules read', () => {
  const names = [...text.matchAll(/properties\.([$\w]+)/g)].flatMap(([, name]) => name ?? []);
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      'US',
      'us',
      'USA',
      '12',
      '1.5',
      1.5,
      -3,
      0,
      '2026-03-08',
      'https://example.com/?q=a b',
      true,
    ),
  );
  const bags = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 12 });
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), bags, (event, properties) => {
      expect(problemsOf(event, properties)).toEqual({ rejected: [], problems: [] });
    }),
    { numRuns: 800 },
  );
});
