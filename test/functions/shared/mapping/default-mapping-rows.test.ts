import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  compileMapping,
  parseMappingSet,
  readTargetSchema,
} from '../../../../functions/shared/mapping/index.ts';
import { fragmentsByChannel } from '../../../simulators/mixpanel/data/fragments.ts';
import { peopleOf } from '../../../simulators/mixpanel/data/people.ts';
import { compileRows } from '../../../simulators/platform/compile-rows.ts';
import { mixpanelFieldGroup, mixpanelSchema } from '../../../simulators/platform/default-schema.ts';
import { resolveSchema } from '../../../simulators/platform/resolve-schema.ts';
import { standardResources } from '../../../simulators/platform/schema/standard-resources.ts';
import fc from '../../../support/seeded-fast-check.ts';

const text = readFileSync(new URL('../../../../mappings/default.json', import.meta.url), 'utf8');
const set = parseMappingSet(text, { variables: { TENANT: 't' } });
const mapping = compileMapping(set);

const library = standardResources();
library.set('https://ns.adobe.com/t/mixins/mixpanel-event-details', mixpanelFieldGroup('t'));
const schema = resolveSchema(mixpanelSchema('https://ns.adobe.com/t/schemas/events', 't'), (id) =>
  library.get(id),
);
/** As strict as anything Platform does: no conversion, no unknown field, nothing empty. */
const rules = { conversion: false, extraneousFields: 'refuse', emptyValues: 'refuse' } as const;
const check = compileRows(schema, rules, Date.now);

/** The same rules, checked against the schema as a delivery checks them. */
const { root: fullSchema } = readTargetSchema(schema, 'reading');
const checked = compileMapping(set, { schema: fullSchema });

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
      const record = { event: kind.name, properties, connector };
      expect(checked.map(record).text).toBe(mapping.map(record).text);
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

it('rejects what the strictest schema refuses and nothing else, in every kind of standard field', () => {
  const targets = [
    'environment.type',
    'environment.ipV4',
    'environment.ipV6',
    'environment._dc.language',
    'environment.viewportHeight',
    'placeContext.geo.countryCode',
    'placeContext.geo.stateProvince',
    'placeContext.geo._schema.latitude',
    'web.webReferrer.type',
    'web.webPageDetails.isErrorPage',
    'implementationDetails.name',
    'commerce.order.currencyCode',
    '_id',
    'timestamp',
  ];
  const rules = targets.map((destination, index) => ({ source: `v${index}`, destination }));
  const own = parseMappingSet(JSON.stringify(rules.map((rule) => ({ sourceType: 'ATTRIBUTE', ...rule }))));
  const before = compileMapping(own, { requires: 'nothing' });
  const after = compileMapping(own, { schema: fullSchema });
  const value = fc.oneof(
    fc.constantFrom('browser', '1.2.3.4', '::1', 'en-GB', 'ES', 'ES-M', 'EUR', 'urn:x', 'external', true),
    fc.constantFrom('2999-01-01T00:00:00Z', '2026-03-08T10:15:00+02:00', 'a b', 90, 1e10, -1, 0.5),
    fc.webUrl(),
    fc.ipV4(),
    fc.ipV6(),
    fc.string(),
  );
  const record = fc.dictionary(fc.constantFrom(...rules.map(({ source }) => source)), value);
  const verdicts = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(record, (values) => {
      const event = { v12: 'id', v13: '2026-03-08T10:15:00Z', ...values };
      const { output } = before.map(event);
      const { text: row, rejected } = after.map(event);
      const { problems } = check(output);
      verdicts[row === undefined ? 'refused' : 'taken'] += 1;
      expect({ values, rejected: rejected.length > 0 }).toEqual({ values, rejected: problems.length > 0 });
    }),
    { numRuns: 600 },
  );
  expect(verdicts.taken).toBeGreaterThan(30);
  expect(verdicts.refused).toBeGreaterThan(30);
});
