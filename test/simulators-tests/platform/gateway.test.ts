import { expect, it } from 'vitest';
import { catalogPath, startClient } from './client.ts';

const path = `${catalogPath}/batches`;

it('issues a token whose lifetime is in seconds', async () => {
  const client = await startClient();
  const { status, json } = await client.requestToken();
  expect(status).toBe(200);
  expect(json).toMatchObject({ token_type: 'bearer', expires_in: 86_399 });
});

it('refuses a wrong secret, an unknown scope, another grant and a body that is not a form', async () => {
  const client = await startClient();
  const wrong = await client.requestToken({ client_secret: 'guess' });
  expect([wrong.status, wrong.json.error]).toEqual([401, 'invalid_client']);
  expect((await client.requestToken({ scope: 'everything' })).json.error).toBe('invalid_scope');
  expect((await client.requestToken({ grant_type: 'password' })).json.error).toBe('unsupported_grant_type');
  const json = await client.raw('/ims/token/v3', { method: 'POST', json: {} });
  expect([json.status, json.json.error]).toEqual([400, 'invalid_request']);
});

it('checks the headers in the order of the gateway, each with its code', async () => {
  const client = await startClient();
  const headers: Record<string, string> = {};
  const codes: unknown[] = [];
  const add = async (more: Record<string, string>) => {
    Object.assign(headers, more);
    const { status, json } = await client.raw(path, { headers });
    codes.push(json.error_code === undefined ? status : `${status} ${json.error_code}`);
  };
  await add({});
  await add({ authorization: 'Bearer nonsense' });
  await add({ authorization: `Bearer ${client.token}` });
  await add({ 'x-api-key': 'another' });
  await add({ 'x-api-key': 'local-client' });
  await add({ 'x-gw-ims-org-id': 'ANOTHER@AdobeOrg' });
  await add({ 'x-gw-ims-org-id': '0123456789ABCDEF01234567@AdobeOrg' });
  await add({ 'x-sandbox-name': 'nowhere' });
  await add({ 'x-sandbox-name': 'prod' });
  expect(codes).toEqual([
    '403 403010',
    '401 401013',
    '403 403000',
    '403 403003',
    '400 400003',
    '403 403025',
    '400 400003',
    '403 403027',
    200,
  ]);
});

it('refuses a token once its time is over', async () => {
  const client = await startClient({ tokenTtlSeconds: 60 });
  expect((await client.call(path)).status).toBe(200);
  client.simulator.advance(60_001);
  const late = await client.call(path);
  expect([late.status, late.json.error_code]).toEqual([401, '401013']);
});

it('throttles with and without a Retry-After header', async () => {
  const client = await startClient();
  await client.fault([
    { route: 'token', kind: '429', retryAfter: 7 },
    { route: 'catalog', kind: '429' },
  ]);
  const token = await client.requestToken();
  expect([token.status, token.json.error_code, token.headers.get('retry-after')]).toEqual([
    429,
    '429050',
    '7',
  ]);
  const list = await client.call(path);
  expect([list.status, list.json.error_code, list.headers.get('retry-after')]).toEqual([429, '429050', null]);
  expect((await client.call(path)).status).toBe(200);
});

it('answers an unknown route with 404 and the problem form', async () => {
  const client = await startClient();
  const { status, json } = await client.call('/data/foundation/elsewhere');
  expect(status).toBe(404);
  expect(json).toMatchObject({ status: 404, title: 'NotFoundError' });
});

it('refuses JSON that is not called JSON', async () => {
  const client = await startClient();
  const { status, json } = await client.call('/data/foundation/import/batches', {
    method: 'POST',
    body: '{}',
  });
  expect([status, json.title, json.detail]).toEqual([
    400,
    'BadRequestError',
    'A valid content-type must be specified',
  ]);
});

it('refuses a URL of more than 2000 characters', async () => {
  const client = await startClient();
  expect((await client.call(`${path}?externalId=${'x'.repeat(2000)}`)).status).toBe(414);
});
