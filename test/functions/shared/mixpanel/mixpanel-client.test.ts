import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { describeError } from '../../../../functions/shared/errors.ts';
import type { HttpTimeouts } from '../../../../functions/shared/http-exchange.ts';
import type { MixpanelCredential } from '../../../../functions/shared/mixpanel/credentials.ts';
import {
  createMixpanelClient,
  type ExportRequest,
} from '../../../../functions/shared/mixpanel/mixpanel-client.ts';
import { startVendor, type VendorServer } from '../../../support/vendor-server.ts';

const day: ExportRequest = {
  fromDate: '2026-03-08',
  toDate: '2026-03-08',
  context: { window: '2026-03-08' },
};
const account = (secret: string): MixpanelCredential => ({
  kind: 'serviceAccount',
  username: 'robot',
  secret,
});
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

const open: VendorServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

type Answer = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

async function setUp(answer: Answer, renewed = account('old'), timeouts: Partial<HttpTimeouts> = {}) {
  const server = await startVendor(answer);
  open.push(server);
  let refreshes = 0;
  const client = createMixpanelClient({
    baseUrl: server.url,
    projectId: '42',
    credentials: {
      get: async () => account('old'),
      refresh: async () => {
        refreshes += 1;
        return renewed;
      },
    },
    clock: () => Date.parse('2026-03-09T03:30:00Z'),
    timeouts,
  });
  return { server, client, refreshes: () => refreshes };
}

const refuse =
  (status: number, body: string, headers = {}) =>
  (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, headers).end(body);
  };

async function textOf(body: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const piece of body) text += String(piece);
  return text;
}

describe('the Mixpanel client', () => {
  it('asks for the window as the vendor documents it', async () => {
    const { server, client } = await setUp(refuse(200, ''));
    await client.exportWindow({ ...day, events: ['Sign up', 'a&b'], where: 'properties["$os"] == "+"' });
    const [request] = server.requests;
    const url = new URL(request?.url ?? '', server.url);
    expect(url.pathname).toBe('/api/2.0/export');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      project_id: '42',
      from_date: '2026-03-08',
      to_date: '2026-03-08',
      time_in_ms: 'true',
      event: '["Sign up","a&b"]',
      where: 'properties["$os"] == "+"',
    });
    expect(request?.url).toContain('Sign%20up');
    expect(request?.headers).toMatchObject({
      authorization: basic('robot:old'),
      accept: 'text/plain',
      'accept-encoding': 'gzip',
    });
  });

  it('leaves out filters that are not set', async () => {
    const { server, client } = await setUp(refuse(200, ''));
    await client.exportWindow(day);
    expect(server.requests[0]?.url).not.toMatch(/event=|where=/);
  });

  it('hands on the body as it came, with what is needed to prove its end', async () => {
    const zipped = gzipSync('{}\n');
    const { client } = await setUp((_, response, nth) => {
      if (nth === 1)
        response.writeHead(200, { 'content-encoding': 'GZIP' }).write(zipped, () => response.end());
      else if (nth === 2) response.writeHead(200, { 'content-length': '2' }).end('{}');
      else response.socket?.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}');
    });
    const [chunked, sized, bare] = [
      await client.exportWindow(day),
      await client.exportWindow(day),
      await client.exportWindow(day),
    ];
    expect(chunked).toMatchObject({ contentEncoding: 'gzip', framed: true, requests: 1 });
    expect(sized).toMatchObject({ contentEncoding: undefined, framed: true });
    expect(bare).toMatchObject({ framed: false });
    const pieces = await chunked.body.toArray();
    expect(Buffer.concat(pieces)).toEqual(zipped);
    expect(await textOf(bare.body)).toBe('{}');
    await textOf(sized.body);
  });

  it('reads a refused credential again, and tries the changed one once', async () => {
    const { server, client } = await setUp((request, response) => {
      if (request.headers.authorization === basic('robot:new')) response.end('{}\n');
      else refuse(401, 'no')(request, response);
    }, account('new'));
    expect(await client.exportWindow(day)).toMatchObject({ requests: 2 });
    expect(server.requests.length).toBe(2);
  });

  it.each([
    [401, 'Invalid credentials'],
    [403, ''],
    [400, 'Unable to authenticate request'],
  ])('spends no second query on an unchanged credential after %i', async (status, body) => {
    const { server, client, refreshes } = await setUp(refuse(status, body));
    await expect(client.exportWindow(day)).rejects.toMatchObject({ code: 'mixpanel_auth', retryable: false });
    expect([server.requests.length, refreshes()]).toEqual([1, 1]);
  });

  it('understands both forms of Retry-After', async () => {
    const answers = ['7', 'Mon, 09 Mar 2026 03:30:09 GMT'];
    const { client } = await setUp((request, response, nth) => {
      refuse(429, 'rate limit reached', { 'retry-after': answers[nth - 1] })(request, response);
    });
    await expect(client.exportWindow(day)).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 7000,
    });
    await expect(client.exportWindow(day)).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 9000,
    });
  });

  it('reads a zipped refusal, and shows neither secret nor Authorization', async () => {
    const echo = JSON.stringify({ error: `no old, no ${basic('robot:old')}` });
    const { client } = await setUp((_, response) => {
      response.writeHead(400, { 'content-encoding': 'gzip' }).end(gzipSync(echo));
    });
    const error = await client.exportWindow(day).catch((thrown: unknown) => thrown);
    expect(describeError(error)).toContain('no ***, no ***');
  });

  it('takes a refusal of any size', async () => {
    const { client } = await setUp(refuse(500, 'x'.repeat(5_000_000)));
    await expect(client.exportWindow(day)).rejects.toMatchObject({ code: 'mixpanel_unavailable' });
  });

  it.each([204, 206])('takes a %i for no export: it is not the whole of it', async (status) => {
    const { client } = await setUp(refuse(status, status === 204 ? '' : '{"event":"a","properties":{}}\n'));
    await expect(client.exportWindow(day)).rejects.toMatchObject({
      code: 'export_incomplete',
      retryable: true,
    });
  });

  it('follows no redirect with its credential', async () => {
    const { server, client } = await setUp(refuse(302, '', { location: 'http://127.0.0.1:1/' }));
    await expect(client.exportWindow(day)).rejects.toMatchObject({ code: 'mixpanel_redirect' });
    expect(server.requests.length).toBe(1);
  });

  it('tries again later when no answer comes: reset, refused or too slow', async () => {
    const { server, client } = await setUp((_, response) => response.socket?.destroy(), account('old'));
    await expect(client.exportWindow(day)).rejects.toMatchObject({
      code: 'mixpanel_unreachable',
      retryable: true,
    });
    await server.close();
    await expect(client.exportWindow(day)).rejects.toMatchObject({
      code: 'mixpanel_unreachable',
      retryable: true,
    });
    const slow = await setUp(() => {}, account('old'), { firstByteMs: 50 });
    await expect(slow.client.exportWindow(day)).rejects.toMatchObject({ code: 'mixpanel_unreachable' });
  });

  it('fails the body that stalls or is cut', async () => {
    const cut = await setUp((_, response) => {
      response.write('{"event"', () => response.socket?.destroy());
    });
    await expect(textOf((await cut.client.exportWindow(day)).body)).rejects.toThrow();
    const stalled = await setUp((_, response) => void response.write('{}'), account('old'), { idleMs: 50 });
    await expect(textOf((await stalled.client.exportWindow(day)).body)).rejects.toThrow();
  });

  it('stops when told to, before and during the body', async () => {
    const { client } = await setUp((_, response) => void response.write('{}'));
    await expect(client.exportWindow({ ...day, signal: AbortSignal.abort() })).rejects.toThrow();
    const stop = new AbortController();
    const { body } = await client.exportWindow({ ...day, signal: stop.signal });
    stop.abort();
    await expect(textOf(body)).rejects.toThrow();
  });
});
