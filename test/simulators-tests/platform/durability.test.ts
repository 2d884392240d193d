import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startPlatform } from '../../simulators/platform/server.ts';
import {
  catalogPath,
  datasetId,
  importPath,
  ndjson,
  patiently,
  row,
  startClient,
  TestClient,
  temporaryFolder,
} from './client.ts';

it('goes on with open and unfinished batches after a restart, with the same token', async () => {
  const dataDir = await temporaryFolder();
  const before = await startClient({ dataDir, processingMs: 1_000_000 });
  const complete = (await before.create()).json.id;
  await before.put(complete, 'a.json', ndjson([row('1')]));
  await before.act(complete, 'COMPLETE');
  const open = (await before.create({ replay: { predecessors: [complete], reason: 'replace' } })).json.id;
  await before.put(open, 'a.json', ndjson([row('2')]));
  await before.simulator.close();

  const after = new TestClient((await startClient({ dataDir })).simulator);
  after.token = before.token;
  await after.simulator.idle();
  expect((await after.batch(complete)).status).toBe('success');
  expect((await after.batch(open)).status).toBe('loading');
  await after.act(open, 'COMPLETE');
  await after.simulator.idle();
  expect((await after.batch(complete)).status).toBe('inactive');
  expect((await after.activeRows()).map((active) => active._id)).toEqual(['2']);
});

it('ingests a batch anew that was interrupted in the middle, without doubling its rows', async () => {
  const dataDir = await temporaryFolder();
  const before = await startClient({ dataDir, processingMs: 1_000_000 });
  const { id } = (await before.create({ partialIngestionPercent: 50 })).json;
  await before.put(id, 'a.json', ndjson([row('1'), row('2'), {}]));
  await before.act(id, 'COMPLETE');
  await expect.poll(async () => (await before.batch(id)).status, patiently).toBe('loaded');
  before.simulator.advance(200_000);
  const rows = join(dataDir, 'batches', id, 'rows.ndjson');
  await expect.poll(() => readFile(rows, 'utf8').catch(() => ''), patiently).not.toBe('');
  expect((await before.batch(id)).status).toBe('staging');
  await before.simulator.close();

  const after = await startClient({ dataDir });
  await after.simulator.idle();
  expect((await after.batch(id)).metrics).toMatchObject({ outputRecordCount: 2, failedRecordCount: 1 });
  expect(await after.activeRows()).toHaveLength(2);
  const errors = await readFile(
    join(dataDir, 'batches', id, 'row_errors', 'conversion_errors_0.json'),
    'utf8',
  );
  expect(errors.trim().split('\n')).toHaveLength(1);
});

it('keeps streamed events that wait for their batch across a restart', async () => {
  const dataDir = await temporaryFolder();
  const before = await startClient({ dataDir, processingMs: 1_000_000 });
  const connections = await before.call('/data/foundation/flowservice/connections');
  const { schemaRef } = (await before.call(`${catalogPath}/dataSets/${datasetId}`)).json[datasetId];
  const header = { schemaRef, imsOrgId: before.headers()['x-gw-ims-org-id'], datasetId };
  const json = { header, body: { xdmMeta: { schemaRef }, xdmEntity: row('1') } };
  const { inletUrl } = connections.json.items[0].auth.params;
  expect((await before.raw(inletUrl, { method: 'POST', json })).status).toBe(200);
  await before.simulator.close();

  const after = await startClient({ dataDir });
  await expect.poll(async () => (await after.activeRows()).length, patiently).toBe(1);
});

it('keeps nothing of an upload whose client goes away', async () => {
  const dataDir = await temporaryFolder();
  const client = await startClient({ dataDir });
  const { id } = (await client.create()).json;
  const upload = request(`${client.simulator.url}${importPath}/${id}/datasets/${datasetId}/files/a.json`, {
    method: 'PUT',
    headers: { ...client.headers(), 'content-type': 'application/octet-stream', 'content-length': '1000000' },
  });
  upload.on('error', () => undefined);
  upload.write(ndjson([row('1')]));
  const folder = join(dataDir, 'batches', id);
  const names = async () => (await readdir(folder)).filter((name) => name.endsWith('.upload')).length;
  await expect.poll(names, patiently).toBe(1);
  upload.destroy();
  await expect.poll(names, patiently).toBe(0);
  expect(await readdir(join(folder, 'files'))).toEqual([]);
});

it('writes the dataset’s rows into a file that appears whole', async () => {
  const client = await startClient();
  await client.ingest([row('1')]);
  await client.ingest([row('2')]);
  const file = join(await temporaryFolder(), 'active.ndjson');
  await client.simulator.writeActive(datasetId, file);
  expect(await readFile(file, 'utf8')).toBe(ndjson([row('1'), row('2')]));
});

it('says which port is taken', async () => {
  const client = await startClient();
  const { port } = client.simulator;
  const second = startPlatform({ dataDir: await temporaryFolder(), port });
  await expect(second).rejects.toThrow(`port ${port} is in use`);
});
