import { expect, it } from 'vitest';
import { catalogPath, datasetId, importPath, ndjson, patiently, row, startClient } from './client.ts';

it('takes a batch from loading to success and counts its rows', async () => {
  const client = await startClient();
  const created = await client.create({ externalId: 'day-1' });
  expect(created.status).toBe(201);
  expect(created.json).toMatchObject({
    status: 'loading',
    relatedObjects: [{ type: 'dataSet', id: datasetId }],
    version: '1.0.0',
  });
  const { id } = created.json;
  expect((await client.put(id, 'a.json', ndjson([row('1'), row('2')]))).status).toBe(200);
  expect((await client.act(id, 'COMPLETE')).status).toBe(200);
  await client.simulator.idle();
  expect(await client.batch(id)).toMatchObject({
    status: 'success',
    externalId: 'day-1',
    errors: [],
    failedRecordCount: 0,
    metrics: { inputRecordCount: 2, outputRecordCount: 2, failedRecordCount: 0 },
  });
  expect((await client.activeRows()).map((active) => active._id)).toEqual(['1', '2']);
});

it('shows each state on the way, as time passes', async () => {
  const client = await startClient({ processingMs: 1_000_000 });
  const { id } = (await client.create()).json;
  await client.put(id, 'a.json', ndjson([row('1')]));
  const seen = [(await client.batch(id)).status];
  await client.act(id, 'COMPLETE');
  const until = async (status: string) => {
    await expect.poll(async () => (await client.batch(id)).status, patiently).toBe(status);
    seen.push(status);
  };
  await until('loaded');
  client.simulator.advance(200_000);
  await until('staging');
  client.simulator.advance(600_000);
  await until('staged');
  expect((await client.batch(id)).metrics).toBeUndefined();
  client.simulator.advance(200_000);
  await until('success');
  expect(seen).toEqual(['loading', 'loaded', 'staging', 'staged', 'success']);
});

it('replaces a file that is uploaded again under its path', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  await client.put(id, 'dir=1/a.json', ndjson([row('old'), row('older')]));
  await client.put(id, 'dir=1/a.json', ndjson([row('new')]));
  await client.act(id, 'COMPLETE');
  await client.simulator.idle();
  expect((await client.activeRows()).map((active) => active._id)).toEqual(['new']);
});

it('takes no file after COMPLETE, and a second COMPLETE changes nothing', async () => {
  const client = await startClient();
  const id = await client.ingest([row('1')]);
  expect((await client.put(id, 'b.json', ndjson([row('2')]))).status).toBe(400);
  expect((await client.act(id, 'COMPLETE')).status).toBe(200);
  await client.simulator.idle();
  expect(await client.activeRows()).toHaveLength(1);
});

it('fails a batch without rows with code 106', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  await client.act(id, 'COMPLETE');
  await client.simulator.idle();
  expect(await client.batch(id)).toMatchObject({ status: 'failed', errors: [{ code: '106' }] });
});

it('refuses a file above the limit, with or without its length', async () => {
  const client = await startClient({ maxFileBytes: 1000 });
  const { id } = (await client.create()).json;
  expect((await client.put(id, 'a.json', 'x'.repeat(1001))).status).toBe(413);
  const url = `${client.simulator.url}${importPath}/${id}/datasets/${datasetId}/files/b.json`;
  const pieces = async function* () {
    for (let count = 0; count < 11; count += 1) yield Buffer.alloc(100);
  };
  const chunked = await fetch(url, {
    method: 'PUT',
    headers: { ...client.headers(), 'content-type': 'application/octet-stream' },
    body: pieces(),
    duplex: 'half',
  });
  expect(chunked.status).toBe(413);
  expect((await client.put(id, 'c.json', 'x'.repeat(1000))).status).toBe(200);
});

it('refuses an upload that is no octet stream, of another dataset, or of no batch', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  const file = (batch: string, dataset: string, type: string) =>
    client.call(`${importPath}/${batch}/datasets/${dataset}/files/a.json`, {
      method: 'PUT',
      body: '{}',
      headers: { 'content-type': type },
    });
  expect((await file(id, datasetId, 'multipart/form-data')).status).toBe(415);
  expect((await file(id, 'another', 'application/octet-stream')).status).toBe(404);
  expect((await file('none', datasetId, 'application/octet-stream')).status).toBe(404);
});

it('refuses a batch of an unknown dataset, of another format, or with a misspelled key', async () => {
  const client = await startClient();
  expect((await client.create({ datasetId: 'none' })).status).toBe(400);
  expect((await client.create({ inputFormat: { format: 'parquet' } })).status).toBe(400);
  const misspelled = await client.create({ partialIngestionPercentage: 5 });
  expect([misspelled.status, misspelled.json.detail]).toEqual([
    400,
    expect.stringContaining('partialIngestionPercentage'),
  ]);
});

it('aborts an open batch, and none that is complete', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  expect((await client.act(id, 'ABORT')).status).toBe(200);
  expect((await client.batch(id)).status).toBe('aborted');
  expect((await client.put(id, 'a.json', '{}')).status).toBe(400);
  expect((await client.act(id, 'COMPLETE')).status).toBe(400);
  expect((await client.act(await client.ingest([row('1')]), 'ABORT')).status).toBe(400);
});

it('marks an open batch as failed when told so', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  expect((await client.act(id, 'FAIL')).status).toBe(200);
  expect((await client.batch(id)).status).toBe('failed');
});

it('takes the rows of a reverted batch out of the dataset', async () => {
  const client = await startClient();
  const id = await client.ingest([row('1')]);
  await client.ingest([row('2')]);
  expect((await client.act(id, 'REVERT')).status).toBe(200);
  expect((await client.act(id, 'REVERT')).status).toBe(200);
  expect((await client.batch(id)).status).toBe('inactive');
  expect((await client.activeRows()).map((active) => active._id)).toEqual(['2']);
});

it.each([
  ['bare', (id: string) => id],
  ['after a dollar sign', (id: string) => `$${id}`],
  ['in braces', (id: string) => `\${${id}}`],
])('replaces predecessors whose ids come %s, when the new batch succeeds', async (_, write) => {
  const client = await startClient();
  const old = await client.ingest([row('1'), row('2')]);
  const next = (await client.create({ replay: { predecessors: [write(old)], reason: 'replace' } })).json;
  expect(next.replay).toEqual({ predecessors: [old], reason: 'replace' });
  await client.put(next.id, 'a.json', ndjson([row('1')]));
  expect((await client.batch(old)).status).toBe('success');
  await client.act(next.id, 'COMPLETE');
  await client.simulator.idle();
  expect((await client.batch(old)).status).toBe('inactive');
  expect(await client.activeRows()).toHaveLength(1);
});

it('keeps predecessors when the batch that would replace them fails', async () => {
  const client = await startClient();
  const old = await client.ingest([row('1')]);
  const failed = await client.ingest([{}], { replay: { predecessors: [old], reason: 'replace' } });
  expect((await client.batch(failed)).status).toBe('failed');
  expect((await client.batch(old)).status).toBe('success');
});

it('finds predecessors by external id, and refuses those that do not exist', async () => {
  const client = await startClient();
  const old = await client.ingest([row('1')], { externalId: 'day-1' });
  const replay = { predecessorsByExternalId: ['day-1'], reason: 'replace' };
  expect((await client.create({ replay })).json.replay.predecessors).toEqual([old]);
  expect((await client.create({ replay: { predecessors: ['none'], reason: 'replace' } })).status).toBe(400);
});

it('makes a second batch for an external id that is in use, unless told to refuse it', async () => {
  const lenient = await startClient();
  const first = (await lenient.create({ externalId: 'day-1' })).json.id;
  const second = (await lenient.create({ externalId: 'day-1' })).json.id;
  const found = await lenient.call(`${catalogPath}/batches?externalId=day-1`);
  expect(Object.keys(found.json).sort()).toEqual([first, second].sort());
  const strict = await startClient({ duplicateExternalId: 'refuse' });
  await strict.create({ externalId: 'day-1' });
  expect((await strict.create({ externalId: 'day-1' })).status).toBe(409);
});

it('lists batches by dataset, status and time, newest first, page by page', async () => {
  const client = await startClient();
  const ids: string[] = [];
  for (const external of ['a', 'b', 'c']) {
    ids.push((await client.create({ externalId: external })).json.id);
    client.simulator.advance(10);
  }
  await client.act(ids[1] ?? '', 'ABORT');
  const list = async (query: string) =>
    Object.keys((await client.call(`${catalogPath}/batches?${query}`)).json);
  expect(await list(`dataSet=${datasetId}`)).toEqual([...ids].reverse());
  expect(await list('status=aborted')).toEqual([ids[1]]);
  expect(await list('orderBy=asc:created&limit=1&start=1')).toEqual([ids[1]]);
  const { created } = await client.batch(ids[1] ?? '');
  expect(await list(`createdAfter=${created}`)).toEqual([ids[2]]);
  expect((await client.call(`${catalogPath}/batches?state=aborted`)).status).toBe(400);
  expect((await client.call(`${catalogPath}/batches?limit=101`)).status).toBe(400);
  expect((await client.call(`${catalogPath}/batches/none`)).status).toBe(404);
});

it('knows the last batches of a dataset', async () => {
  const client = await startClient();
  const good = await client.ingest([row('1')]);
  client.simulator.advance(10);
  const bad = await client.ingest([{}]);
  const { json } = await client.call(`${catalogPath}/lastBatches?dataSetId=${datasetId}`);
  expect(json[datasetId]).toMatchObject({
    lastBatchId: bad,
    lastBatchStatus: 'failed',
    lastSuccessfulBatchId: good,
    lastFailedBatchId: bad,
  });
});

it('gives up open batches and clears away reverted ones, when told that the time has come', async () => {
  const client = await startClient();
  const reverted = await client.ingest([row('1')]);
  await client.act(reverted, 'REVERT');
  const open = (await client.create()).json.id;
  await client.raw('/_sim/collect', { method: 'POST' });
  expect([(await client.batch(open)).status, (await client.batch(reverted)).status]).toEqual([
    'abandoned',
    'deleted',
  ]);
});
