import { expect, it } from 'vitest';
import { localPlatform } from '../../simulators/platform/options.ts';
import { registryPath, startClient, type TestClient } from './client.ts';

const group = encodeURIComponent('https://ns.adobe.com/simtenant/mixins/mixpanel-event-details');
const mixpanel = '/definitions/customFields/properties/_simtenant/properties/mixpanel/properties';
const full = { accept: 'application/vnd.adobe.xed-full+json; version=1' };
const commerce = 'https://ns.adobe.com/xdm/context/experienceevent-commerce-x';

const patch = (client: TestClient, path: string, ...json: unknown[]) =>
  client.call(`${registryPath}/tenant/${path}`, { method: 'PATCH', json });
const schema = (client: TestClient) =>
  client.call(`${registryPath}/tenant/schemas/${encodeURIComponent(localPlatform.schemaId)}`, {
    headers: full,
  });

it('adds a field to a field group, which its schemas have from then on', async () => {
  const client = await startClient();
  const added = await patch(client, `fieldgroups/${group}`, {
    op: 'add',
    path: `${mixpanel}/plan`,
    value: { type: 'string' },
  });
  expect([added.status, added.json.version]).toEqual([200, '1.1']);
  const { json } = await schema(client);
  expect(json.properties._simtenant.properties.mixpanel.properties.plan.type).toBe('string');
});

it.each([
  ['takes a field away', { op: 'remove', path: `${mixpanel}/event` }],
  ['gives a field another type', { op: 'replace', path: `${mixpanel}/event`, value: { type: 'integer' } }],
  ['adds what is no field', { op: 'add', path: `${mixpanel}/plan`, value: {} }],
  [
    'adds a field with a name that XDM does not allow',
    { op: 'add', path: `${mixpanel}/$plan`, value: { type: 'string' } },
  ],
  ['leads nowhere', { op: 'add', path: '/definitions/none/x', value: {} }],
])('refuses a patch of a field group in use that %s', async (_what, operation) => {
  const client = await startClient();
  const before = await schema(client);
  expect((await patch(client, `fieldgroups/${group}`, operation)).status).toBe(400);
  expect((await schema(client)).text).toBe(before.text);
});

it('joins a field group to a schema by both of its lists, and keeps the union tag', async () => {
  const client = await startClient();
  const made = await client.call(`${registryPath}/tenant/fieldgroups`, {
    method: 'POST',
    json: {
      type: 'object',
      title: 'Extra',
      'meta:intendedToExtend': ['https://ns.adobe.com/xdm/context/experienceevent'],
      definitions: {
        extra: { properties: { _simtenant: { type: 'object', properties: { extra: { type: 'string' } } } } },
      },
      allOf: [{ $ref: '#/definitions/extra' }],
    },
  });
  const id: string = made.json.$id;
  const path = `schemas/${encodeURIComponent(localPlatform.schemaId)}`;
  const allOf = { op: 'add', path: '/allOf/-', value: { $ref: id } };
  expect((await patch(client, path, allOf)).status).toBe(400);
  const both = await patch(client, path, { op: 'add', path: '/meta:extends/-', value: id }, allOf);
  expect(both.status).toBe(200);
  expect((await schema(client)).json.properties._simtenant.properties.extra.type).toBe('string');
  expect((await patch(client, path, { op: 'remove', path: '/meta:immutableTags' })).status).toBe(400);
});

it('knows no such resource, and no field group that is not there', async () => {
  const client = await startClient();
  const title = { op: 'replace', path: '/title', value: 'x' };
  expect((await patch(client, 'fieldgroups/none', title)).json.type).toContain('XDM-1012-404');
  const path = `schemas/${encodeURIComponent(localPlatform.schemaId)}`;
  const add = [
    { op: 'add', path: '/meta:extends/-', value: commerce },
    { op: 'add', path: '/allOf/-', value: { $ref: commerce } },
  ];
  expect((await patch(client, path, ...add)).status).toBe(400);
});
