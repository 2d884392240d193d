import type { IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpExchange, openExchange } from '../../../functions/shared/http-exchange.ts';
import { describeWhere } from '../../support/describe-where.ts';
import { startVendor, type VendorServer } from '../../support/vendor-server.ts';

const patient = { connectMs: 5_000, firstByteMs: 5_000, idleMs: 5_000 };
let server: VendorServer;

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

async function serve(...answer: Parameters<typeof startVendor>): Promise<string> {
  server = await startVendor(...answer);
  return `${server.url}/`;
}

const get = (url: string, more: Partial<HttpExchange> = {}) =>
  openExchange({ method: 'GET', url, headers: {}, timeouts: patient, ...more });

afterEach(() => server.close());

describe('an HTTP exchange', () => {
  it('takes no more from the network than its reader takes, however slow', async () => {
    let sent = 0;
    const endless = function* () {
      for (;;) {
        sent += 64 * 1024;
        yield Buffer.alloc(64 * 1024);
      }
    };
    const url = await serve(
      (_request, response) => void pipeline(Readable.from(endless()), response).catch(() => {}),
    );
    const answer = await get(url);
    let read = 0;
    for await (const piece of answer) {
      read += Buffer.isBuffer(piece) ? piece.length : 0;
      await pause(2);
      if (read > 8 * 1024 * 1024) break;
    }
    // What both kernels' buffers and one stream hold; a client that reads ahead would have taken hundreds of megabytes.
    expect(sent - read).toBeLessThan(16 * 1024 * 1024);
  });

  describeWhere('over IPv6', { found: hasIpv6, otherwise: 'this machine has none' }, () => {
    it('reaches a host as over IPv4', async () => {
      const url = await serve((_request, response) => void response.end('reached'), '::1');
      expect(url).toContain('[::1]');
      expect((await buffer(await get(url))).toString()).toBe('reached');
    });
  });

  it('sends a body of known length as such, and a stream to its end', async () => {
    const received: { length: string | undefined; bytes: number }[] = [];
    const url = await serve(async (request, response) => {
      received.push({ length: request.headers['content-length'], bytes: (await buffer(request)).length });
      response.end();
    });
    const pieces = [Buffer.alloc(70_000), Buffer.alloc(30_000)];
    await get(url, { method: 'POST', body: 'text' });
    await get(url, { method: 'POST' });
    await get(url, { method: 'PUT', body: Readable.from(pieces), headers: { 'content-length': '100000' } });
    expect(received).toEqual([
      { length: '4', bytes: 4 },
      { length: '0', bytes: 0 },
      { length: '100000', bytes: 100_000 },
    ]);
  });

  it('follows no redirect', async () => {
    const url = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    );
    expect((await get(url)).statusCode).toBe(302);
  });

  it('gives up when no answer begins in time', async () => {
    const url = await serve(() => {});
    await expect(get(url, { timeouts: { ...patient, firstByteMs: 50 } })).rejects.toThrow(
      'no answer began within 0.05 s',
    );
  });

  const readToEnd = (answer: IncomingMessage) => buffer(answer);

  it('makes a stall inside the body an error', async () => {
    const url = await serve((_request, response) => void response.write('begun'));
    const answer = await get(url, { timeouts: { ...patient, idleMs: 50 } });
    await expect(readToEnd(answer)).rejects.toThrow('nothing came for 0.05 s');
  });

  it('does not take a slow reader for a stall', async () => {
    const url = await serve((_request, response) => void response.end(Buffer.alloc(1024 * 1024)));
    const answer = await get(url, { timeouts: { ...patient, idleMs: 30 } });
    await pause(200);
    expect(await readToEnd(answer)).toHaveLength(1024 * 1024);
  });

  it('makes a cut connection an error, with and without a length', async () => {
    for (const headers of [{}, { 'content-length': '100' }]) {
      const url = await serve((_request, response) => {
        response.writeHead(200, headers);
        response.write('begun', () => response.socket?.destroy());
      });
      await expect(readToEnd(await get(url))).rejects.toThrow();
      await server.close();
    }
  });

  it('ends when it is aborted, before the answer and inside it', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/begin') response.write('begun');
    });
    const before = new AbortController();
    const waiting = get(url, { signal: before.signal });
    before.abort();
    await expect(waiting).rejects.toThrow();
    const inside = new AbortController();
    const answer = await get(`${url}begin`, { signal: inside.signal });
    inside.abort();
    await expect(readToEnd(answer)).rejects.toThrow();
  });

  it('fails when nobody listens there', async () => {
    const url = await serve(() => {});
    await server.close();
    await expect(get(url)).rejects.toThrow('ECONNREFUSED');
  });
});
