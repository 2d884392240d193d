import { expect, it } from 'vitest';
import { exportPath, ndjson, row, startClient } from './client.ts';

it('lists row errors and lets them be fetched by their link, slash encoded', async () => {
  const client = await startClient();
  const id = await client.ingest([row('1'), { _id: 'bad' }], { partialIngestionPercent: 50 });
  const { json } = await client.call(`${exportPath}/batches/${id}/meta?path=row_errors`);
  expect(json).toMatchObject({
    data: [{ name: 'conversion_errors_0.json', length: expect.stringMatching(/^\d+$/) }],
    _page: { limit: 100, count: 1 },
  });
  const { href } = json.data[0]._links.self;
  expect(href).toContain('row_errors%2Fconversion_errors_0.json');
  const file = await client.call(href);
  expect(file.text).toHaveLength(Number(json.data[0].length));
  expect(JSON.parse(file.text)).toEqual({
    _id: 'bad',
    _errors: [{ code: 'INGEST-1555-400', message: 'timestamp: required field is missing' }],
    _filename: 'part.json',
  });
});

it('keeps a corrupt line as it came, under the short code', async () => {
  const client = await startClient();
  const { id } = (await client.create({ enableErrorDiagnostics: true })).json;
  await client.put(id, 'a.json', 'not json\n');
  await client.act(id, 'COMPLETE');
  await client.simulator.idle();
  const { text } = await client.call(
    `${exportPath}/batches/${id}/meta?path=row_errors/conversion_errors_0.json`,
  );
  expect(JSON.parse(text)).toMatchObject({ _corrupt_record: 'not json', _errors: [{ code: '1401' }] });
});

it('lists long errors page by page, in the order of their numbers', async () => {
  const client = await startClient();
  const rows = Array.from({ length: 11_001 }, () => ({ _id: 'a' }));
  const id = await client.ingest(rows, { enableErrorDiagnostics: true });
  const names = async (query: string) => {
    const { json } = await client.call(`${exportPath}/batches/${id}/meta?path=row_errors&${query}`);
    return json.data.map((file: { name: string }) => file.name);
  };
  expect(await names('limit=2&start=9')).toEqual(['conversion_errors_9.json', 'conversion_errors_10.json']);
  expect(await names('start=11')).toEqual(['conversion_errors_11.json']);
});

it('keeps no row errors when diagnostics are off', async () => {
  const client = await startClient();
  const id = await client.ingest([{}]);
  const { json } = await client.call(`${exportPath}/batches/${id}/meta?path=row_errors`);
  expect(json.data).toEqual([]);
});

it('lists the input files', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  await client.put(id, 'dir/a.json', ndjson([row('1')]));
  const { json } = await client.call(`${exportPath}/batches/${id}/meta?path=input_files`);
  expect(json.data.map((file: { name: string }) => file.name)).toEqual(['dir/a.json']);
});

it('hands out every row of a failed batch, good and bad', async () => {
  const client = await startClient();
  const id = await client.ingest([row('good'), { _id: 'bad' }], { enableErrorDiagnostics: true });
  const batch = await client.batch(id);
  const { json } = await client.call(batch.failedBatchLocation);
  expect(json.data).toHaveLength(3);
  const texts: string[] = [];
  for (const file of json.data) texts.push((await client.call(file._links.self.href)).text);
  const rows = texts
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line)._id);
  expect(rows.sort()).toEqual(['bad', 'good']);
});

it('lists the file of a successful batch and hands it out', async () => {
  const client = await startClient();
  const id = await client.ingest([row('1')]);
  const files = await client.call(`${exportPath}/batches/${id}/files`);
  const listed = await client.call(files.json.data[0]._links.self.href);
  const { text } = await client.call(listed.json.data[0]._links.self.href);
  expect(JSON.parse(text)).toEqual(row('1'));
});

it('answers 404 for what does not exist', async () => {
  const client = await startClient();
  const id = await client.ingest([row('1')]);
  const statuses: number[] = [];
  for (const path of [
    'none/meta',
    `${id}/meta?path=elsewhere`,
    `${id}/meta?path=row_errors/none`,
    `${id}/failed?path=../meta.json`,
  ]) {
    statuses.push((await client.call(`${exportPath}/batches/${path}`)).status);
  }
  expect(statuses).toEqual([404, 404, 404, 404]);
});

it('answers 404 to everything once the API is switched off', async () => {
  const client = await startClient({ dataAccess: false });
  const id = await client.ingest([{}], { enableErrorDiagnostics: true });
  expect((await client.batch(id)).status).toBe('failed');
  expect((await client.call(`${exportPath}/batches/${id}/meta?path=row_errors`)).status).toBe(404);
  expect((await client.call(`${exportPath}/batches/${id}/failed`)).status).toBe(404);
});
