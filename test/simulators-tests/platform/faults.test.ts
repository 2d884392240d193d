import { expect, it, onTestFinished } from 'vitest';
import { startPlatform } from '../../simulators/platform/server.ts';
import { catalogPath, importPath, ndjson, patiently, row, startClient, temporaryFolder } from './client.ts';

const batches = '/_sim/batches';

it('breaks the connection after it has made the batch', async () => {
  const client = await startClient();
  await client.fault({ route: 'create', when: 'after', kind: 'reset' });
  await expect(client.create({ externalId: 'lost' })).rejects.toThrow();
  const found = await client.call(`${catalogPath}/batches?externalId=lost`);
  expect(Object.values(found.json)).toMatchObject([{ status: 'loading' }]);
});

it('breaks the connection before it acts', async () => {
  const client = await startClient();
  await client.fault({ route: 'create', when: 'before', kind: 'reset' });
  await expect(client.create()).rejects.toThrow();
  expect((await client.raw(batches)).json).toEqual([]);
});

it('keeps the file, or completes the batch, and loses the answer', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  await client.fault([
    { route: 'put', when: 'after', kind: '503' },
    { route: 'complete', when: 'after', kind: 'reset' },
  ]);
  expect((await client.put(id, 'a.json', ndjson([row('1')]))).status).toBe(503);
  await expect(client.act(id, 'COMPLETE')).rejects.toThrow();
  await client.simulator.idle();
  expect((await client.batch(id)).status).toBe('success');
});

it('answers with bursts of errors, as often as told, after those that pass', async () => {
  const client = await startClient();
  await client.fault({ route: 'catalog', kind: '500', times: 2, skip: 1 });
  const statuses: number[] = [];
  for (let count = 0; count < 4; count += 1)
    statuses.push((await client.call(`${catalogPath}/batches`)).status);
  expect(statuses).toEqual([200, 500, 500, 200]);
});

it('says that a good token is not valid', async () => {
  const client = await startClient();
  await client.fault({ route: '*', kind: '401013' });
  expect((await client.create()).json.error_code).toBe('401013');
  expect((await client.create()).status).toBe(201);
});

it('answers late', async () => {
  const client = await startClient();
  await client.fault({ route: 'create', kind: 'slow', delayMs: 200 });
  const start = performance.now();
  expect((await client.create()).status).toBe(201);
  expect(performance.now() - start).toBeGreaterThan(190);
});

it('refuses a fault that it does not know, and forgets all of them when told', async () => {
  const client = await startClient();
  expect((await client.fault({ route: 'create', kind: 'fire' })).status).toBe(400);
  await client.fault({ route: 'create', kind: '500' });
  await client.raw('/_sim/faults', { method: 'DELETE' });
  expect((await client.raw('/_sim/faults')).json).toEqual([]);
  expect((await client.create()).status).toBe(201);
});

it('fails, stalls, or loses rows of the batch that is named by its number', async () => {
  const client = await startClient();
  await client.fault([
    { outcome: 'failed', nth: 1 },
    { outcome: 'stalled', nth: 2 },
    { outcome: 'partial', nth: 3, rows: 2 },
  ]);
  const ids: string[] = [];
  for (let count = 0; count < 4; count += 1) ids.push(await client.ingest([row('1'), row('2'), row('3')]));
  const views = await Promise.all(ids.map((id) => client.batch(id)));
  expect(views.map((view) => view.status)).toEqual(['failed', 'stalled', 'success', 'success']);
  expect(views.map((view) => view.failedRecordCount)).toEqual([undefined, undefined, 2, 0]);
  expect(views[2].errors[0].code).toBe('INGEST-1212-400');
});

it('retries a batch by itself and then succeeds', async () => {
  const client = await startClient({ processingMs: 1_000_000 });
  await client.fault({ outcome: 'retrying' });
  const { id } = (await client.create()).json;
  await client.put(id, 'a.json', ndjson([row('1')]));
  await client.act(id, 'COMPLETE');
  const seen = new Set<string>();
  await expect
    .poll(async () => {
      client.simulator.advance(50_000);
      const { status } = await client.batch(id);
      seen.add(status);
      return status;
    }, patiently)
    .toBe('success');
  expect(seen).toContain('retrying');
});

it('draws the same bad day from the same seed, and never three faults in a row', async () => {
  const outcomes = async () => {
    const simulator = await startPlatform({
      dataDir: await temporaryFolder(),
      badDay: { seed: 7, rate: 0.5 },
    });
    onTestFinished(() => simulator.close());
    const seen: string[] = [];
    for (let count = 0; count < 16; count += 1) {
      const asked = fetch(`${simulator.url}/data/foundation/elsewhere`);
      seen.push(
        await asked.then(
          ({ status }) => (status === 404 ? '-' : 'x'),
          () => 'x',
        ),
      );
    }
    return seen.join('');
  };
  const first = await outcomes();
  expect(await outcomes()).toBe(first);
  expect(first).toMatch(/x/);
  expect(first).not.toMatch(/xxx/);
});

it('counts what it was asked and what it answered', async () => {
  const client = await startClient();
  await client.ingest([row('1')]);
  await client.call(`${importPath}/none?action=COMPLETE`, { method: 'POST' });
  const { json } = await client.raw('/_sim/stats');
  expect(json).toMatchObject({
    tokens: 1,
    batches: { success: 1 },
    requests: { create: { 201: 1 }, put: { 200: 1 }, complete: { 200: 1, 404: 1 } },
  });
  expect(json.uploadedBytes).toBeGreaterThan(50);
});
