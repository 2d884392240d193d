import { expect, it } from 'vitest';
import { localPlatform } from '../../simulators/platform/options.ts';
import { type Call, registryPath, row, startClient, type TestClient } from './client.ts';

const eventClass = 'https://ns.adobe.com/xdm/context/experienceevent';
const web = `${eventClass}-web`;
const full = 'application/vnd.adobe.xed-full+json; version=1';

const call = (client: TestClient, path: string, accept: string, more: Call = {}) =>
  client.call(`${registryPath}${path}`, { ...more, headers: { accept } });

const post = (client: TestClient, path: string, json: unknown) =>
  client.call(`${registryPath}${path}`, { method: 'POST', json });

function fieldGroup(properties: Record<string, unknown>, title = 'Extra') {
  return {
    type: 'object',
    title,
    'meta:intendedToExtend': [eventClass],
    definitions: { extra: { properties } },
    allOf: [{ $ref: '#/definitions/extra' }],
  };
}

const plan = { _simtenant: { type: 'object', properties: { plan: { type: 'string' } } } };

function schema(...ids: string[]) {
  return { type: 'object', title: 'Events', description: 'd', allOf: ids.map(($ref) => ({ $ref })) };
}

it('says which tenant it is', async () => {
  const client = await startClient();
  const { json } = await call(client, '/stats', 'application/json');
  expect(json).toMatchObject({
    tenantId: 'simtenant',
    imsOrg: localPlatform.orgId,
    counts: { schemas: 1, mixins: 1 },
  });
});

it('hands out the ready schema in full, with the names that rows have', async () => {
  const client = await startClient();
  const id = encodeURIComponent(localPlatform.schemaId);
  const { status, json } = await call(client, `/tenant/schemas/${id}`, full);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    $id: localPlatform.schemaId,
    title: 'Mixpanel events',
    'meta:class': eventClass,
    required: ['_id', 'timestamp'],
    properties: {
      timestamp: { type: 'string', format: 'date-time' },
      placeContext: {
        properties: { geo: { properties: { _schema: { properties: { latitude: { maximum: 90 } } } } } },
      },
      _simtenant: {
        properties: {
          mixpanel: { properties: { properties: { additionalProperties: { type: 'string' } } } },
        },
      },
    },
  });
  expect(JSON.stringify(json)).not.toMatch(/\$ref|"xdm:/);
});

it('looks a schema up by its other id, with references, in the plain form', async () => {
  const client = await startClient();
  const { json } = await call(
    client,
    '/tenant/schemas/_simtenant.schemas.mixpanel-events',
    'application/vnd.adobe.xed+json; version=1',
  );
  expect(json.allOf).toContainEqual({ $ref: web });
});

it('refuses an Accept header without a form, or without a version, each with its code', async () => {
  const client = await startClient();
  const list = await call(client, '/tenant/schemas', 'application/json');
  expect([list.status, list.json.type]).toEqual([400, expect.stringContaining('XDM-1006-400')]);
  const lookup = await call(client, '/tenant/schemas/x', 'application/vnd.adobe.xed-full+json');
  expect([lookup.status, lookup.json.type]).toEqual([400, expect.stringContaining('XDM-1007-400')]);
  const descriptors = await call(client, '/tenant/descriptors', full);
  expect(descriptors.json.type).toContain('XDM-1008-400');
  const descriptor = await call(client, '/tenant/descriptors/x', full);
  expect(descriptor.json.type).toContain('XDM-1009-400');
  const missing = await call(client, '/tenant/schemas/x', full);
  expect([missing.status, missing.json.type]).toEqual([404, expect.stringContaining('XDM-1012-404')]);
});

it('lists Adobe’s own field groups page by page', async () => {
  const client = await startClient();
  const ids: string[] = [];
  let start: string | undefined;
  do {
    const query = start === undefined ? '' : `&start=${encodeURIComponent(start)}`;
    const { json } = await call(
      client,
      `/global/fieldgroups?limit=3${query}`,
      'application/vnd.adobe.xed-id+json',
    );
    ids.push(...json.results.map((result: { $id: string }) => result.$id));
    start = json._page.next;
  } while (start !== undefined);
  expect(ids).toContain(web);
  expect(new Set(ids).size).toBe(ids.length);
});

it('makes a field group, a schema and a dataset from scratch, and checks rows against them', async () => {
  const client = await startClient({ provision: false });
  const group = await post(client, '/tenant/fieldgroups', fieldGroup(plan));
  expect(group.status).toBe(201);
  const made = await post(client, '/tenant/schemas', schema(eventClass, web, group.json.$id));
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({
    version: '1.0',
    'meta:class': eventClass,
    'meta:tenantNamespace': '_simtenant',
  });
  const schemaRef = { id: made.json.$id, contentType: 'application/vnd.adobe.xed+json;version=1' };
  const dataset = await client.call('/data/foundation/catalog/dataSets', {
    method: 'POST',
    json: { name: 'Events', schemaRef },
  });
  expect([dataset.status, dataset.headers.get('location')]).toEqual([201, dataset.json[0]]);
  const datasetId = dataset.json[0].replace('@/dataSets/', '');
  for (const [plans, status] of [
    ['free', 'success'],
    [{ a: 1 }, 'failed'],
  ] as const) {
    const { id } = (await client.create({ datasetId })).json;
    await client.call(`/data/foundation/import/batches/${id}/datasets/${datasetId}/files/a.json`, {
      method: 'PUT',
      body: JSON.stringify(row('1', { _simtenant: { plan: plans } })),
      headers: { 'content-type': 'application/octet-stream' },
    });
    await client.act(id, 'COMPLETE');
    await client.simulator.idle();
    expect((await client.batch(id)).status).toBe(status);
  }
});

it('lets a custom field be of a standard data type', async () => {
  const client = await startClient();
  const measure = { title: 'Plays', $ref: 'https://ns.adobe.com/xdm/data/measure' };
  const group = await post(client, '/tenant/fieldgroups', fieldGroup(tenantField('plays', measure)));
  const id = encodeURIComponent(group.json.$id);
  const { json } = await call(client, `/tenant/fieldgroups/${id}`, full);
  expect(json.properties._simtenant.properties.plays).toMatchObject({
    title: 'Plays',
    required: ['value'],
    properties: { value: { type: 'number' } },
  });
});

it('refuses a title that is taken', async () => {
  const client = await startClient();
  await post(client, '/tenant/fieldgroups', fieldGroup(plan));
  const second = await post(client, '/tenant/fieldgroups', fieldGroup(plan));
  expect([second.status, second.json.type]).toEqual([400, expect.stringContaining('XDM-3005-400')]);
});

it.each([
  ['outside of the tenant’s namespace', { plan: { type: 'string' } }],
  ['with a name that starts with a dollar sign', tenantField('$plan', { type: 'string' })],
  ['with a name that starts with an underscore', tenantField('_plan', { type: 'string' })],
  ['without a type', tenantField('plan', {})],
  ['that is an object without properties', tenantField('plan', { type: 'object' })],
  [
    'that is a map with properties',
    tenantField('plan', { type: 'object', properties: {}, additionalProperties: { type: 'string' } }),
  ],
])('refuses a custom field %s', async (_, properties) => {
  const client = await startClient();
  expect((await post(client, '/tenant/fieldgroups', fieldGroup(properties))).status).toBe(400);
});

it.each([
  ['of no class', [web]],
  ['of a field group that does not exist', [eventClass, 'https://ns.adobe.com/none']],
  ['of a field group named twice', [eventClass, web, web]],
])('refuses a schema %s', async (_, ids) => {
  const client = await startClient();
  expect((await post(client, '/tenant/schemas', schema(...ids))).status).toBe(400);
});

it('makes a primary identity’s field mandatory in rows', async () => {
  const client = await startClient();
  const descriptor = {
    '@type': 'xdm:descriptorIdentity',
    'xdm:sourceSchema': localPlatform.schemaId,
    'xdm:sourceVersion': 1,
    'xdm:sourceProperty': '/_simtenant/mixpanel/source',
    'xdm:namespace': 'MIXPANEL',
    'xdm:property': 'xdm:code',
    'xdm:isPrimary': true,
  };
  const made = await post(client, '/tenant/descriptors', descriptor);
  expect(made.status).toBe(201);
  const list = await call(client, '/tenant/descriptors', 'application/vnd.adobe.xdm-id+json');
  expect(list.json['xdm:descriptorIdentity']).toEqual([made.json['@id']]);
  const found = await call(
    client,
    `/tenant/descriptors/${made.json['@id']}`,
    'application/vnd.adobe.xdm+json',
  );
  expect(found.json).toMatchObject(descriptor);
  const without = await client.ingest([row('1')]);
  expect((await client.batch(without)).status).toBe('failed');
  const withIt = await client.ingest([row('1', { _simtenant: { mixpanel: { source: 'main' } } })]);
  expect((await client.batch(withIt)).status).toBe('success');
  for (const wrong of ['/_id', '/_simtenant/mixpanel/none', '/web']) {
    const refused = await post(client, '/tenant/descriptors', { ...descriptor, 'xdm:sourceProperty': wrong });
    expect(refused.status).toBe(400);
  }
  expect((await post(client, '/tenant/descriptors', { ...descriptor, 'xdm:namespace': 'NONE' })).status).toBe(
    400,
  );
});

function tenantField(name: string, field: unknown): Record<string, unknown> {
  return { _simtenant: { type: 'object', properties: { [name]: field } } };
}
