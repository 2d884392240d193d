import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileMapping, parseMappingSet } from '../../../../functions/shared/mapping/index.ts';
import fc from '../../../support/seeded-fast-check.ts';

const text = readFileSync(new URL('../../../../mappings/default.json', import.meta.url), 'utf8');
const mapping = compileMapping(parseMappingSet(text, { variables: { TENANT: 'acme' } }));

const connector = {
  id: '0123456789abcdef0123456789abcdef',
  timestamp: '2026-03-08T10:15:00.250Z',
  source: 'web',
  projectId: '42',
  date: '2026-03-08',
  run: '20260309T033000000Z-1f2e3d4c',
};

/** The row of an event with these properties. */
function rowOf(properties: Record<string, unknown>, event = 'Signed up') {
  const { output, errors, rejected } = mapping.map({ event, properties, connector });
  return { row: output, errors, rejected };
}

describe('the default mapping', () => {
  it('takes id, time and origin from the connector', () => {
    expect(rowOf({}).row).toEqual({
      _id: connector.id,
      timestamp: connector.timestamp,
      eventType: 'Signed up',
      _acme: {
        mixpanel: {
          event: 'Signed up',
          source: 'web',
          projectId: '42',
          date: '2026-03-08',
          run: connector.run,
        },
      },
    });
  });

  it('names standard events as Platform does and keeps their own name', () => {
    const { row } = rowOf({}, '$mp_web_page_view');
    expect(row).toMatchObject({
      eventType: 'web.webpagedetails.pageViews',
      _acme: { mixpanel: { event: '$mp_web_page_view' } },
    });
  });

  it('rejects an event without id or time', () => {
    expect(mapping.map({ event: 'a', properties: {}, connector: {} })).toMatchObject({
      output: null,
      text: undefined,
      rejected: [{ path: '_id' }, { path: 'timestamp' }],
    });
  });

  it('gives exactly one primary identity', () => {
    const user = rowOf({ $user_id: 'u1', $device_id: '$device:d1', distinct_id: 'u1' }).row;
    expect(user?.identityMap).toEqual({
      MIXPANELUSER: [{ id: 'u1', authenticatedState: 'authenticated', primary: true }],
      MIXPANELDEVICE: [{ id: 'd1', authenticatedState: 'ambiguous', primary: false }],
      MIXPANEL: [{ id: 'u1', authenticatedState: 'ambiguous', primary: false }],
    });
    expect(rowOf({ distinct_id: '$device:d1' }).row?.identityMap).toEqual({
      MIXPANELDEVICE: [{ id: 'd1', authenticatedState: 'ambiguous', primary: true }],
    });
    expect(rowOf({ distinct_id: 'x' }).row?.identityMap).toEqual({
      MIXPANEL: [{ id: 'x', authenticatedState: 'ambiguous', primary: true }],
    });
  });

  it('has no identity map when every id is empty or stands for nobody', () => {
    const nobody = { $user_id: 'null', $device_id: '00000000-0000-0000-0000-000000000000', distinct_id: '' };
    expect(rowOf(nobody).row).not.toHaveProperty('identityMap');
  });

  it('writes the browser version as text and the screen as integers', () => {
    const { row } = rowOf({ $browser: 'Chrome', $browser_version: 139.5, $screen_width: '1440' });
    expect(row).toMatchObject({
      environment: { type: 'browser', browserDetails: { name: 'Chrome', version: '139.5' } },
      device: { screenWidth: 1440 },
    });
  });

  it('leaves sizes that no field of 32 bits holds to the other properties', () => {
    const { row, errors } = rowOf({
      $screen_width: 2 ** 31,
      $viewportHeight: 2 ** 40,
      $viewportWidth: 2 ** 31 - 1,
    });
    expect(row).toMatchObject({ environment: { viewportWidth: 2147483647 } });
    expect(row).toMatchObject({
      _acme: { mixpanel: { properties: { mixpanel_screen_width: '2147483648' } } },
    });
    expect(row).not.toHaveProperty('device');
    expect(row).not.toHaveProperty('environment.viewportHeight');
    expect(errors).toHaveLength(2);
  });

  it('keeps every other property as text, under a key of its own', () => {
    const { row } = rowOf({
      $region: 'CA',
      mp_lib: 'web',
      n: 1.5,
      yes: true,
      list: [1, { a: null }],
      empty: '',
      none: null,
    });
    expect(row).toMatchObject({
      _acme: {
        mixpanel: {
          properties: {
            mixpanel_region: 'CA',
            mp_lib: 'web',
            n: '1.5',
            yes: 'true',
            list: '[1,{"a":null}]',
          },
        },
      },
    });
    expect(JSON.stringify(row)).not.toMatch(/empty|none/);
  });

  it('leaves a property that its field can not take among the others, and counts the error', () => {
    const { row, errors } = rowOf({ $screen_height: 'tall', mp_country_code: 'usa' });
    expect(row).toMatchObject({
      _acme: { mixpanel: { properties: { mixpanel_screen_height: 'tall', mp_country_code: 'usa' } } },
    });
    expect(errors).toEqual([
      { rule: 15, destination: 'device.screenHeight', message: 'the text is not a number' },
    ]);
  });
});

describe("the mapping of Adobe's own source", () => {
  it('reads the event as one flat object without the leading $', () => {
    const source = readFileSync(
      new URL('../../../../mappings/adobe-mixpanel-source.json', import.meta.url),
      'utf8',
    );
    const adobe = compileMapping(parseMappingSet(source, { variables: { TENANT: 'acme' } }));
    const properties = {
      time: 1772964900,
      distinct_id: 'u',
      $insert_id: 'i',
      $import: true,
      item_price: '2',
      other: 1,
    };
    expect(adobe.map({ event: 'Buy', properties, connector }).output).toEqual({
      _acme: {
        event_name: 'Buy',
        distinct_id: 'u',
        time: 1772964900,
        insert_id: 'i',
        import: true,
        item_price: '2',
      },
      _id: connector.id,
      timestamp: connector.timestamp,
    });
  });

  it('leaves a record alone that has a data of its own', () => {
    const set = parseMappingSet(
      '[{"source":"data.event_name","destination":"a"},{"source":"data","destination":"all"}]',
    );
    const raw = compileMapping(set, { requires: 'nothing' });
    expect(raw.map({ event: 'e', data: { event_name: 'own' } }).output).toEqual({
      a: 'own',
      all: { event_name: 'own' },
    });
    expect(raw.map({ event: 'e', properties: { $city: 'x', city: 'y', $os: 'z' } }).output).toEqual({
      a: 'e',
      all: { event_name: 'e', city: 'y', os: 'z' },
    });
  });
});

describe('the extension for identities', () => {
  it('gives the same as text and as a value', () => {
    const ids = fc.oneof(
      fc.constantFrom('', 'null', '$device:', '$device:d', ' x '),
      fc.string(),
      fc.integer(),
    );
    const call = 'mixpanel_identity_map(a, b, c)';
    const rules = [
      { sourceType: 'EXPRESSION', source: call, destination: 'asText' },
      { sourceType: 'EXPRESSION', source: `coalesce(null, ${call})`, destination: 'asValue' },
    ];
    const both = compileMapping(parseMappingSet(JSON.stringify(rules)), { requires: 'nothing' });
    fc.assert(
      fc.property(ids, ids, ids, (a, b, c) => {
        const { output, errors } = both.map({ a, b, c });
        expect(errors).toEqual([]);
        expect(output?.asText).toEqual(output?.asValue);
      }),
    );
  });
});
