import { expect, it } from 'vitest';
import { localPlatform } from '../../simulators/platform/options.ts';
import { datasetId, exportPath, patiently, row, startClient, type TestClient } from './client.ts';

const schemaRef = {
  id: localPlatform.schemaId,
  contentType: 'application/vnd.adobe.xed-full+json;version=1',
};
const header = { schemaRef, imsOrgId: localPlatform.orgId, datasetId, flowId: 'flow' };
const connections = '/data/foundation/flowservice/connections';

function message(entity: unknown, more: Record<string, unknown> = {}) {
  return { header: { ...header, ...more }, body: { xdmMeta: { schemaRef }, xdmEntity: entity } };
}

async function inlet(client: TestClient, authenticationRequired = false): Promise<string> {
  const params = { sourceId: 's', dataType: 'xdm', name: 'n', authenticationRequired };
  const { json } = await client.call(connections, {
    method: 'POST',
    json: {
      name: 'Stream',
      connectionSpec: { id: 'bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb', version: '1.0' },
      auth: { specName: 'Streaming Connection', params },
    },
  });
  const found = await client.call(`${connections}/${json.id}`);
  return found.json.items[0].auth.params.inletUrl;
}

const batchUrl = (url: string) => url.replace('/collection/', '/collection/batch/');

const send = (client: TestClient, url: string, json: unknown, headers: Record<string, string> = {}) =>
  client.raw(url, { method: 'POST', json, headers });

async function settled(client: TestClient, count: number): Promise<void> {
  const ended = async () => {
    const { json } = await client.raw('/_sim/batches');
    return json.filter((batch: { status: string }) => /success|failed/.test(batch.status)).length;
  };
  await expect.poll(ended, patiently).toBe(count);
}

it('takes one message without checking it, and shows its event a little later', async () => {
  const client = await startClient();
  const url = await inlet(client);
  const { status, json } = await send(client, url, message(row('1')));
  expect(status).toBe(200);
  expect(json).toMatchObject({ inletId: url.split('/').at(-1), syncValidation: { skipped: true } });
  await settled(client, 1);
  expect((await client.activeRows()).map((active) => active._id)).toEqual(['1']);
});

it.each([
  ['statusCode', [{ xactionId: expect.any(String) }, { statusCode: 400, message: expect.any(String) }]],
  [
    'xactionId',
    [
      { xactionId: expect.any(String) },
      { xactionId: expect.any(String), status: 400, message: expect.any(String) },
    ],
  ],
] as const)(
  'answers 207 to many messages, one entry each, errors with %s',
  async (streamingErrors, responses) => {
    const client = await startClient({ streamingErrors });
    const url = batchUrl(await inlet(client));
    const { status, json } = await send(client, url, { messages: [message(row('1')), { body: {} }] });
    expect([status, json.responses]).toEqual([207, responses]);
    const none = await send(client, url, { messages: [{}] });
    expect(none.status).toBe(207);
  },
);

it.each([
  ['no header', { body: message(row('1')).body }, /'header' field is mandatory/],
  ['another organisation', message(row('1'), { imsOrgId: 'x' }), /wrong ims org/],
  ['another dataset', message(row('1'), { datasetId: 'x' }), /unknown xdm format/],
  ['another schema', message(row('1'), { schemaRef: { ...schemaRef, id: 'x' } }), /unknown xdm format/],
  ['a source without a name', message(row('1'), { source: {} }), /missing Source Name/],
])('refuses a message with %s', async (_, json, text) => {
  const client = await startClient();
  const answer = await send(client, await inlet(client), json);
  expect([answer.status, answer.json.report.message]).toEqual([400, expect.stringMatching(text)]);
});

it('puts events that are not of the schema into a failed batch beside the good ones, types taken as they are', async () => {
  const client = await startClient();
  const url = batchUrl(await inlet(client));
  await send(client, url, { messages: [message(row('1')), message(row('2', { eventType: 5 }))] });
  await settled(client, 2);
  const batches = Object.entries<{ status: string }>(
    (await client.call('/data/foundation/catalog/batches')).json,
  );
  const [failedId, failed] = batches.find(([, batch]) => batch.status === 'failed') ?? ['', undefined];
  expect(failed).toMatchObject({ errors: [{ code: 'DCVS-1104-400', recordCount: 1 }] });
  const errors = await client.call(
    `${exportPath}/batches/${failedId}/meta?path=row_errors/conversion_errors_0.json`,
  );
  expect(JSON.parse(errors.text)._id).toBe('2');
  expect((await client.activeRows()).map((active) => active._id)).toEqual(['1']);
});

it('asks for a token where the inlet does', async () => {
  const client = await startClient();
  const url = await inlet(client, true);
  expect((await send(client, url, message(row('1')))).status).toBe(401);
  expect((await send(client, url, message(row('1')), { authorization: 'Bearer x' })).status).toBe(401);
  const { authorization = '' } = client.headers();
  expect((await send(client, url, message(row('1')), { authorization })).status).toBe(200);
});

it('refuses more than a megabyte, and an inlet that nobody made', async () => {
  const client = await startClient();
  const url = batchUrl(await inlet(client));
  const messages = [message(row('1', { eventType: 'x'.repeat(1_000_000) }))];
  expect((await send(client, url, { messages })).status).toBe(413);
  expect((await send(client, `${client.simulator.url}/collection/none`, message(row('1')))).status).toBe(400);
});

it('checks an event at once when asked, sixty times a minute, where that exists', async () => {
  const client = await startClient();
  const url = `${await inlet(client)}?syncValidation=true`;
  expect((await send(client, url, message(row('1')))).json.syncValidation).toEqual({ status: 'pass' });
  const bad = await send(client, url, message({ _id: '1' }));
  expect(bad.status).toBe(400);
  expect(bad.json.report.cause._streamingValidation[0].causingExceptions[0].keyword).toBe('DCVS-1111-400');
  for (let count = 2; count < 60; count += 1) await send(client, url, message({}));
  expect((await send(client, url, message(row('1')))).status).toBe(429);
  const elsewhere = await startClient({ syncValidation: false });
  const answer = await send(elsewhere, `${await inlet(elsewhere)}?syncValidation=true`, message(row('1')));
  expect(answer.status).toBe(501);
});

it('asks for a flow when told to, in the message, a header or the query', async () => {
  const client = await startClient({ requireFlowId: true });
  const url = await inlet(client);
  const nameless = message(row('1'), { flowId: undefined });
  expect((await send(client, url, nameless)).status).toBe(400);
  expect((await send(client, url, nameless, { 'x-adobe-flow-id': 'flow' })).status).toBe(200);
  expect((await send(client, `${url}?x-adobe-flow-id=flow`, nameless)).status).toBe(200);
});

it('makes source connection, target connection and flow from what exists', async () => {
  const client = await startClient();
  const base = '/data/foundation/flowservice';
  const spec = { id: 'c604ff05-7f1a-43c0-8e18-33bf874cb11c', version: '1.0' };
  const post = (kind: string, json: unknown) => client.call(`${base}/${kind}`, { method: 'POST', json });
  const baseConnectionId = (await client.call(connections)).json.items[0].id;
  const source = await post('sourceConnections', { name: 's', baseConnectionId, connectionSpec: spec });
  const target = await post('targetConnections', {
    name: 't',
    connectionSpec: spec,
    params: { dataSetId: datasetId },
  });
  const flow = await post('flows', {
    name: 'f',
    flowSpec: spec,
    sourceConnectionIds: [source.json.id],
    targetConnectionIds: [target.json.id],
  });
  expect([source.status, target.status, flow.status]).toEqual([201, 201, 201]);
  expect((await client.call(`${base}/flows/${flow.json.id}`)).json.items).toHaveLength(1);
  expect(
    (await post('sourceConnections', { name: 's', baseConnectionId: 'x', connectionSpec: spec })).status,
  ).toBe(400);
  expect((await client.call(`${base}/flows/none`)).status).toBe(404);
});
