import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { compileRows } from '../../simulators/platform/compile-rows.ts';
import { mixpanelFieldGroup, mixpanelSchema } from '../../simulators/platform/default-schema.ts';
import { formatCheck } from '../../simulators/platform/formats.ts';
import { resolveSchema } from '../../simulators/platform/resolve-schema.ts';
import { standardResources } from '../../simulators/platform/schema/standard-resources.ts';
import fc from '../../support/seeded-fast-check.ts';

const library = standardResources();
library.set('https://ns.adobe.com/t/mixins/mixpanel-event-details', mixpanelFieldGroup('t'));
const schema = resolveSchema(mixpanelSchema('https://ns.adobe.com/t/schemas/events', 't'), (id) =>
  library.get(id),
);
const rules = { conversion: false, extraneousFields: 'drop', emptyValues: 'accept' } as const;
const check = compileRows(schema, rules, Date.now);

const ajv = addFormats.default(new Ajv({ strict: false, allErrors: false }));
const reference = ajv.compile(schema);

const anything = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constantFrom(
    'browser',
    'exit',
    'x',
    'https://example.com/',
    '2026-03-08T10:00:00Z',
    '2026-13-08',
    '::1',
    'US',
  ),
  fc.constant({ a: 1 }),
  fc.constant([{ id: 'a' }]),
);

/** Paths that reach every kind of field: text with each constraint, numbers, lists, maps, objects. */
const paths = [
  ['_id'],
  ['timestamp'],
  ['identityMap'],
  ['identityMap', 'MIXPANEL'],
  ['environment', 'type'],
  ['environment', 'viewportHeight'],
  ['environment', 'ipV6'],
  ['environment', '_dc', 'language'],
  ['placeContext', 'localTime'],
  ['placeContext', 'geo', 'countryCode'],
  ['placeContext', 'geo', '_schema', 'latitude'],
  ['placeContext', 'geo', 'dmaID'],
  ['web', 'webPageDetails', 'isErrorPage'],
  ['web', 'webInteraction', 'type'],
  ['productListItems'],
  ['implementationDetails', 'name'],
  ['_t', 'mixpanel', 'properties'],
  ['_t', 'mixpanel', 'properties', 'a'],
];

function rowWith(path: readonly string[], value: unknown): unknown {
  const row: Record<string, unknown> = { _id: 'a', timestamp: '2026-03-08T10:00:00Z' };
  let parent = row;
  for (const name of path.slice(0, -1)) {
    const child: Record<string, unknown> = {};
    parent[name] = child;
    parent = child;
  }
  parent[path.at(-1) ?? ''] = value;
  return row;
}

it('judges rows as a JSON Schema validator does, when it takes values as they are', () => {
  fc.assert(
    fc.property(fc.constantFrom(...paths), anything, (path, value) => {
      const expected = reference(rowWith(path, value));
      expect(check(rowWith(path, value)).problems.length === 0).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});

it('never fails on any JSON, and says where it found something', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { problems } = check(value);
      expect(problems.every((problem) => problem.code !== '' && problem.message !== '')).toBe(true);
    }),
  );
});

it.each([
  [
    'date-time',
    ['2026-03-08T10:00:00Z', '2024-02-29T10:00:00.123456789+05:30'],
    [
      '2026-03-08',
      '2025-02-29T10:00:00Z',
      '2026-03-08T24:00:00Z',
      '2026-03-08T10:00:00.1234567890Z',
      '2026-03-08T10:00:00 Z',
    ],
  ],
  ['date', ['2024-02-29'], ['2025-02-29', '2026-3-8', '0000-00-00']],
  [
    'uri',
    ['https://a.b/c?d=e&f#g', 'mailto:a@b.c', 'http://[::1]:80/', 'urn:x:y'],
    ['web', '/path', 'https://a b', 'https://a/[b]', 'https://a/%zz', 'https://a/ü'],
  ],
  ['uri-reference', ['0123abc', '/a/b', '?q=1', 'https://a.b/'], ['a b', 'a|b', 'a"b', '%']],
  ['ipv4', ['0.0.0.0', '192.0.2.255'], ['192.0.2', '192.0.2.256', '1.2.3.4.', '1.2.3.4.5']],
  [
    'ipv6',
    ['::', '::1', '2001:db8::8:800:200c:417a', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1'],
    ['1:2', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', 'g::', '1:2:3:4:5:6:7::8:9'],
  ],
])('tells what is a %s', (format, good, bad) => {
  const matches = formatCheck(format);
  expect(good.filter((text) => !matches?.(text))).toEqual([]);
  expect(bad.filter((text) => matches?.(text))).toEqual([]);
});
