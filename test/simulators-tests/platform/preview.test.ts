import { expect, it } from 'vitest';
import { datasetId, importPath, ndjson, row, startClient } from './client.ts';

it('previews the first rows of a batch, as many as asked for and as it shows', async () => {
  const client = await startClient({ previewRows: 3 });
  const { id } = (await client.create()).json;
  await client.put(id, 'b.json', ndjson([row('3'), row('4')]));
  await client.put(id, 'a.json', ndjson([row('1'), row('2')]));
  const preview = async (query: string) => (await client.call(`${previewPath(id)}?${query}`)).json.preview;
  expect(await preview('format=json')).toEqual({
    columns: ['_id', 'timestamp', 'eventType'],
    rows: [row('1'), row('2'), row('3')],
  });
  expect((await preview('format=json&nrow=1')).rows).toEqual([row('1')]);
  expect((await preview('format=json&nrow=9')).rows).toHaveLength(3);
});

it('previews rows as text in columns where it is told to', async () => {
  const client = await startClient({ previewForm: 'columns' });
  const { id } = (await client.create()).json;
  await client.put(id, 'a.json', ndjson([{ a: { b: 1 } }, { c: 'd' }]));
  expect((await client.call(`${previewPath(id)}?format=json`)).json.preview).toEqual({
    columns: [
      { cid: '0', name: 'a/b' },
      { cid: '1', name: 'c' },
    ],
    rows: [{ 0: '1' }, { 1: 'd' }],
  });
});

it('refuses a preview without its format, of another dataset, or with what the description does not have', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  const status = async (path: string) => (await client.call(path)).status;
  expect(await status(previewPath(id))).toBe(400);
  expect(await status(`${previewPath(id)}?format=parquet`)).toBe(400);
  expect(await status(`${previewPath(id)}?format=json&nrow=-1`)).toBe(400);
  expect(await status(`${previewPath(id)}?format=json&limit=1`)).toBe(400);
  expect(await status(`${previewPath(id, 'another')}?format=json`)).toBe(404);
  expect(await status(`${previewPath('none')}?format=json`)).toBe(404);
});

it('lets a test change counts and rows behind Platform’s back', async () => {
  const client = await startClient();
  const id = await client.ingest([row('1'), row('2')]);
  const tamper = (json: unknown) => client.raw(`/_sim/batches/${id}/tamper`, { method: 'POST', json });
  expect((await tamper({ metrics: { outputRecordCount: 7 } })).status).toBe(204);
  expect((await tamper({ rows: { field: 'eventType', value: 'x', count: 1 } })).status).toBe(204);
  expect((await tamper({ colour: 'red' })).status).toBe(400);
  expect((await client.batch(id)).metrics).toMatchObject({ inputRecordCount: 2, outputRecordCount: 7 });
  expect(await client.activeRows()).toEqual([row('1', { eventType: 'x' }), row('2')]);
});

function previewPath(batch: string, dataset: string = datasetId): string {
  return `${importPath}/${batch}/datasets/${dataset}/preview`;
}
