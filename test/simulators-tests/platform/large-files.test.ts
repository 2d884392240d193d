import { expect, it } from 'vitest';
import { datasetId, importPath, ndjson, row, startClient, type TestClient } from './client.ts';

const text = ndjson([row('1'), row('2')]);
const half = 40;

function largeFile(client: TestClient, id: string) {
  const path = `${importPath}/${id}/datasets/${datasetId}/files/large.json`;
  return {
    act: (action: string) => client.call(`${path}?action=${action}`, { method: 'POST' }),
    head: () => client.call(path, { method: 'HEAD' }),
    patch: (start: number, end: number, total = text.length, body = text.slice(start, end + 1)) =>
      client.call(path, {
        method: 'PATCH',
        body,
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `bytes ${start}-${end}/${total}`,
        },
      }),
  };
}

it('puts a large file together from its pieces, in whatever order they come', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  const file = largeFile(client, id);
  expect((await file.act('INITIALIZE')).status).toBe(201);
  expect((await file.patch(half, text.length - 1)).status).toBe(200);
  const first = await file.patch(0, half - 1);
  expect([first.status, first.headers.get('range')]).toEqual([200, `bytes=0-${half - 1}`]);
  expect((await file.head()).headers.get('range')).toBe(`bytes=0-${half - 1},${half}-${text.length - 1}`);
  const whole = await file.act('complete');
  expect([whole.status, whole.json]).toEqual([200, { name: 'large.json', sizeInBytes: text.length }]);
  await client.act(id, 'COMPLETE');
  await client.simulator.idle();
  expect(await client.activeRows()).toHaveLength(2);
});

it('finds out at the end that pieces overlap or are missing', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  const file = largeFile(client, id);
  await file.act('INITIALIZE');
  expect((await file.act('COMPLETE')).status).toBe(400);
  await file.patch(0, half);
  expect((await file.act('COMPLETE')).status).toBe(400);
  await file.patch(half, text.length - 1);
  expect((await file.act('COMPLETE')).status).toBe(400);
});

it('refuses a piece whose range is wrong, or of a file that was never begun', async () => {
  const client = await startClient();
  const { id } = (await client.create()).json;
  const file = largeFile(client, id);
  expect((await file.patch(0, 1)).status).toBe(404);
  await file.act('INITIALIZE');
  expect((await file.patch(5, 4, text.length, 'x')).status).toBe(400);
  expect((await file.patch(0, 9, text.length, 'short')).status).toBe(400);
  expect((await file.patch(0, 9, text.length, 'far too long')).status).toBe(413);
  expect((await file.head()).headers.get('range')).toBe('bytes=');
});
