import { expect, it } from 'vitest';
import { datasetId, patiently, row, startClient } from './client.ts';

const namespaces = '/data/core/idnamespace/identities';
const hygiene = '/data/core/hygiene';
const dataSets = '/data/foundation/catalog/dataSets';

it('looks datasets up by id and by name', async () => {
  const client = await startClient({ datasetIds: [datasetId, '65f000000000000000000002'] });
  expect((await client.call(`${dataSets}/${datasetId}`)).json[datasetId]).toMatchObject({
    name: 'Mixpanel events',
    tags: { unifiedProfile: ['enabled:true'] },
  });
  expect(Object.keys((await client.call(`${dataSets}?name=Mixpanel%20events&limit=1`)).json)).toEqual([
    datasetId,
  ]);
  expect((await client.call(`${dataSets}?name=other`)).json).toEqual({});
  const named = await client.call(`${dataSets}?limit=1&properties=name`);
  expect(named.json[datasetId]).toEqual({ name: 'Mixpanel events' });
  expect((await client.call(`${dataSets}/none`)).status).toBe(404);
});

it('switches Profile on by a patch, which has to be a JSON Patch', async () => {
  const client = await startClient();
  const patch = (json: unknown, type = 'application/json-patch+json') =>
    client.call(`${dataSets}/${datasetId}`, { method: 'PATCH', json, headers: { 'content-type': type } });
  const value = ['enabled:false'];
  expect((await patch([{ op: 'replace', path: '/tags/unifiedProfile', value }])).status).toBe(200);
  expect((await client.call(`${dataSets}/${datasetId}`)).json[datasetId].tags.unifiedProfile).toEqual(value);
  expect((await patch([{ op: 'add', path: '/a/b', value }])).status).toBe(400);
  expect((await patch([{ op: 'remove', path: '/schemaRef' }])).status).toBe(400);
  expect((await patch([{ op: 'add', path: '/x', value }], 'application/json')).status).toBe(400);
});

it('refuses a dataset of a schema that does not exist', async () => {
  const client = await startClient();
  const schemaRef = {
    id: 'https://ns.adobe.com/none',
    contentType: 'application/vnd.adobe.xed+json;version=1',
  };
  expect((await client.call(dataSets, { method: 'POST', json: { name: 'x', schemaRef } })).status).toBe(400);
});

it('makes a namespace once, of letters and digits, of a known kind', async () => {
  const client = await startClient({ provision: false });
  const create = (code: string, idType = 'Cross_device') =>
    client.call(namespaces, { method: 'POST', json: { name: 'Mixpanel', code, idType } });
  expect((await create('MIXPANEL')).json).toMatchObject({
    code: 'MIXPANEL',
    idType: 'CROSS_DEVICE',
    custom: true,
  });
  const again = await create('Mixpanel');
  expect([again.status, again.json.title, again.json.report.code]).toEqual([
    409,
    'NAMESPACE_CODE_CONFLICT',
    'INTEGRATION_CODE_EXISTS',
  ]);
  expect((await create('MIX_PANEL')).status).toBe(400);
  expect((await create('OTHER', 'Shoe')).status).toBe(400);
  const codes = (await client.call(namespaces)).json.map((namespace: { code: string }) => namespace.code);
  expect(codes).toEqual(expect.arrayContaining(['ECID', 'MIXPANEL']));
});

it('deletes the rows of a primary identity and counts them against the quota', async () => {
  const client = await startClient({ dailyDeletes: 3 });
  const person = (id: string, primary: boolean) => ({ identityMap: { MIXPANEL: [{ id, primary }] } });
  await client.ingest([
    row('1', person('a', true)),
    row('2', person('a', false)),
    row('3', person('b', true)),
  ]);
  const order = (IDs: string[], code = 'MIXPANEL') => ({
    displayName: 'Forget',
    description: 'asked for',
    action: 'delete_identity',
    datasetId,
    namespacesIdentities: [{ namespace: { code }, IDs }],
  });
  const post = (json: unknown) => client.call(`${hygiene}/workorder`, { method: 'POST', json });
  const made = await post(order(['a', 'z']));
  expect(made.json).toMatchObject({
    workorderId: expect.stringMatching(/^DI-/),
    status: 'received',
    operationCount: 2,
  });
  const find = async () => (await client.call(`${hygiene}/workorder/${made.json.workorderId}`)).json.status;
  await expect.poll(find, patiently).toBe('completed');
  expect((await client.activeRows()).map((active) => active._id)).toEqual(['2', '3']);
  const { json } = await client.call(`${hygiene}/quota?quotaType=dailyConsumerDeleteIdentitiesQuota`);
  expect(json.quotas).toMatchObject([{ consumed: 2, quota: 3 }]);
  expect((await post(order(['b', 'c']))).status).toBe(400);
  expect((await post(order(['b'], 'NONE'))).status).toBe(400);
  expect((await post({ ...order(['b']), action: 'identity-delete' })).status).toBe(400);
  expect((await client.call(`${hygiene}/workorder`)).json.total).toBe(1);
});

it('shows how many rows and different events a dataset holds', async () => {
  const client = await startClient();
  await client.ingest([row('1'), row('2')]);
  await client.ingest([row('2')]);
  expect((await client.raw(`/_sim/datasets/${datasetId}/active-stats`)).json).toEqual({
    batches: 2,
    rows: 3,
    distinctIds: 2,
  });
});

it('keeps in Profile the first event of an id, though its batch was replaced, and none that is too large', async () => {
  const client = await startClient();
  const large = { eventType: 'x'.repeat(10_240) };
  const unknown = { identityMap: { NOBODY: [{ id: 'a', primary: true }] } };
  const first = await client.ingest([row('1'), row('2'), row('3', large)]);
  const replay = { predecessors: [first], reason: 'replace' };
  await client.ingest([row('1'), row('4', unknown)], { replay });
  expect((await client.raw(`/_sim/datasets/${datasetId}/profile-stats`)).json).toEqual({
    events: 2,
    duplicates: 1,
    tooLarge: 1,
    unknownNamespace: 1,
  });
});
