import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { describeError } from '../../../functions/shared/errors.ts';
import { openExchange } from '../../../functions/shared/http-exchange.ts';
import {
  parseAnswer,
  sendRequest,
  shortened,
  type VendorTimeouts,
} from '../../../functions/shared/vendor-request.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { startVendor } from '../../support/vendor-server.ts';

const secret = 'c2VjcmV0';
/** Longer than a busy machine keeps silent; what a test waits for, it shortens. */
const patient = { connectMs: 15_000, firstByteMs: 15_000, idleMs: 15_000, wholeMs: 15_000 };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function listening(server: Server, scheme: string): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `${scheme}://127.0.0.1:${z.object({ port: z.number() }).parse(server.address()).port}`;
}

/** A server that writes these bytes, whatever it is asked. */
const rawServer = (write: (socket: Socket) => void, scheme = 'http') =>
  listening(
    createTcpServer((socket) => void socket.once('data', () => write(socket))),
    scheme,
  );

async function vendor(answer: Parameters<typeof startVendor>[0]) {
  const server = await startVendor(answer);
  closing.push(() => server.close());
  return server;
}

const ask = (url: string, timeouts: VendorTimeouts = patient, cutAtBytes?: number) =>
  sendRequest('asking', {
    method: 'GET',
    url,
    headers: { authorization: `Basic ${secret}` },
    timeouts,
    ...(cutAtBytes === undefined ? {} : { cutAtBytes }),
  });

/** What a failed request says. */
async function failureOf(asking: Promise<unknown>): Promise<string> {
  const error = await asking.then(
    () => {
      throw new Error('it was answered');
    },
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'vendor_unreachable', retryable: true });
  const text = describeError(error);
  expect(text).toMatch(/^asking: no complete answer: /);
  expect(text).not.toContain(secret);
  expect(text.length).toBeLessThan(500);
  return text;
}

/** Writes a piece again and again, until the connection is closed. */
function drip(socket: Socket, piece: string): void {
  const timer = setInterval(() => socket.write(piece), 50);
  socket.on('close', () => clearInterval(timer));
}

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])(
    'of status %i is named with its host, and not followed',
    async (status) => {
      const other = await vendor((_request, response) => response.end('{}'));
      const { url } = await vendor((_request, response) =>
        response.writeHead(status, { location: `${other.url}/path?token=hush` }).end(),
      );
      const asking = ask(url);
      await expect(asking).rejects.toMatchObject({ code: 'vendor_redirect', retryable: false });
      await expect(asking).rejects.toThrow(
        `asking: HTTP ${status}: redirected to ${other.url}, which is not followed`,
      );
      await expect(asking).rejects.not.toThrow('hush');
      expect(other.requests).toHaveLength(0);
    },
  );

  it.each(['', 'not a place', '//', 'x'.repeat(10_000)])(
    'to no place is named all the same: %j',
    async (location) => {
      const { url } = await vendor((_request, response) => response.writeHead(302, { location }).end());
      const error = await ask(url).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'vendor_redirect' });
      expect(describeError(error).length).toBeLessThan(300);
    },
  );
});

describe('TLS', () => {
  it('takes no certificate that nobody vouches for, even where the environment says to', async () => {
    const received: string[] = [];
    const server = createTlsServer(selfSigned(), (request, response) => {
      received.push(request.headers.authorization ?? '');
      response.end('{}');
    });
    const url = await listening(server, 'https');
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    expect(await failureOf(ask(url))).toMatch(/self-signed certificate/);
    expect(received).toEqual([]);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['speaks plain HTTP', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')],
    ['hangs up', (socket) => socket.destroy()],
  ])('is no answer where the other side %s', async (_, write) => {
    await failureOf(ask(await rawServer(write, 'https')));
  });

  it('is waited for no longer than for a connection', async () => {
    const url = await rawServer(() => {}, 'https');
    expect(await failureOf(ask(url, { ...patient, connectMs: 300 }))).toMatch(/no connection within 0.3 s/);
  });
});

describe('an answer', () => {
  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['headers without end', (socket) => drip(socket, `X-A: ${'a'.repeat(4000)}\r\n`), /header/i],
    ['one header without end', (socket) => drip(socket, 'a'.repeat(4000)), /header/i],
  ])('of %s is given up at 16 KiB', async (_, write, words) => {
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX-B: ');
      write(socket);
    });
    expect(await failureOf(ask(url))).toMatch(words);
  });

  it.each([
    ['headers', 'HTTP/1.1 200 OK\r\nX-A: ', 'a'],
    ['interim answers', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('whose %s drip is given up when it has not begun in time', async (_, first, piece) => {
    const url = await rawServer((socket) => {
      socket.write(first);
      drip(socket, piece);
    });
    expect(await failureOf(ask(url, { ...patient, firstByteMs: 300 }))).toMatch(
      /no answer began within 0.3 s/,
    );
  });

  it('whose body drips is given up when it has not ended in time', async () => {
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      drip(socket, ' ');
    });
    expect(await failureOf(ask(url, { ...patient, wholeMs: 600 }))).toMatch(
      /the answer did not end within 0.6 s/,
    );
  });

  it('may begin before its request was sent whole, and take its time then', async () => {
    const world = new EventEmitter();
    const answered = once(world, 'answered');
    const received = once(world, 'received');
    let response: ServerResponse | undefined;
    const { url } = await vendor((request, begun) => {
      response = begun;
      begun.write('{');
      request.resume().on('end', () => world.emit('received'));
    });
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('a');
        await answered;
        yield Buffer.from('b');
      })(),
    );
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const answer = await openExchange({ method: 'PUT', url, headers: {}, body, timeouts: patient });
    world.emit('answered');
    await received;
    // The client hears that all was sent at about the time at which the server has it.
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    vi.advanceTimersByTime(30_000);
    vi.useRealTimers();
    response?.end('}');
    expect(await text(answer)).toBe('{}');
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n',
    ],
    ['a chunk of no length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhush\r\n'],
    ['a header with a control character', 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\n{}'],
    ['a body cut short', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}'],
    ['a chunk cut short', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}'],
  ])('that is %s is no answer', async (_, text) => {
    expect(await failureOf(ask(await rawServer((socket) => socket.end(text))))).not.toContain('hush');
  });

  it.each([
    ['gzip', gzipSync('{}')],
    ['gzip', Buffer.from('{}')],
    ['gzip, gzip', gzipSync(gzipSync('{}'))],
    ['deflate', deflateSync('{}')],
    ['br', Buffer.from('{}')],
  ])('that says it is %s is refused, as none was asked for', async (encoding, body) => {
    const { url } = await vendor((request, response) =>
      response.writeHead(request.url === '/' ? 200 : 503, { 'content-encoding': encoding }).end(body),
    );
    expect(await failureOf(ask(url))).toMatch(/encoding that was not asked for/);
    expect(await ask(`${url}/down`)).toMatchObject({
      status: 503,
      text: '(words in an encoding that was not asked for)',
    });
  });

  it('of any status is read to 8 MiB and no further', async () => {
    const { url } = await vendor((request, response) => {
      response.statusCode = request.url === '/' ? 200 : 500;
      response.end(Buffer.alloc(9 * 1024 * 1024, ' '));
    });
    for (const path of ['/', '/down'])
      expect(await failureOf(ask(`${url}${path}`))).toMatch(/larger than 8388608 bytes/);
    expect((await ask(url, patient, 1000)).text).toHaveLength(1000);
  });

  it('costs the next one nothing', async () => {
    const { url } = await vendor((_request, response, nth) => {
      if (nth % 2 === 0) response.end('{}');
      else response.write('{', () => response.socket?.destroy());
    });
    for (let round = 0; round < 3; round += 1) {
      await failureOf(ask(url));
      expect((await ask(url)).text).toBe('{}');
    }
  });
});

describe('the text of an answer', () => {
  const schema = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });

  it.each([
    ['a page of HTML', '<html>hush</html>', 'text that is not JSON'],
    ['no text', '', 'no text'],
    ['cut', '{"items":[{"id":"hush', 'text that is not JSON'],
    ['another value', '"hush"', 'found a string'],
    ['null', 'null', 'found null'],
    ['of other types', '{"items":[{"id":17,"hush":"hush"}]}', 'items[0].id: found a number'],
    [
      'nested to any depth',
      `{"items":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      'items[0]: found an array',
    ],
    ['wrong a million times', `{"items":[${'1,'.repeat(1_000_000)}1]}`, 'more than 250000 values'],
    ['wrong often', `{"items":[${'1,'.repeat(1000)}1]}`, '… and 801 problems more'],
  ])('that is %s is tried again, and what is wrong is named without a value', (_, text, words) => {
    const act = () => parseAnswer(schema, text, 'listing');
    expect(act).toThrow(expect.objectContaining({ code: 'answer_unclear', retryable: true }));
    expect(act).toThrow(words);
    try {
      act();
    } catch (error) {
      expect(describeError(error)).not.toContain('hush');
      expect(describeError(error).length).toBeLessThan(20_000);
    }
  });
});

describe('a vendor’s words', () => {
  it.each(['plain', 'with space', 'a+b/c=&?', '"quoted"\\', 'é日本', '%41', 'half \ud800', 'line\nbreak'])(
    'show a secret in no writing: %j',
    (value) => {
      const writings = [
        value,
        JSON.stringify({ error: value }),
        encodeURIComponent(Buffer.from(value).toString()),
        `${new URLSearchParams({ client_secret: value })}`,
      ];
      for (const text of writings) {
        const shown = shortened(`refused: ${text}.`, ['', value, value.slice(0, 3)]);
        expect(shown).toMatch(/^refused: .*\*\*\*"?\}?\.$/);
        expect(shown).not.toContain(value);
      }
    },
  );

  it.each([
    ['shortened by the vendor', 'no client p8e-Ab12Cd34Ef… known', 'no client ***… known'],
    ['cut with the answer', 'no client p8e-Ab12C', 'no client ***'],
    ['more than once', 'p8e-Ab12?p8e-Ab12Cd34Ef56!', '***?***!'],
    ['by so few characters that they are no secret', 'p8e-Ab1', 'p8e-Ab1'],
  ])('show no beginning of a secret, %s', (_, text, shown) => {
    expect(shortened(text, ['p8e-Ab12Cd34Ef56'])).toBe(shown);
  });

  it('play no tricks on a terminal, and are no longer than a person reads', () => {
    expect(shortened('a\u001b[2J\u0000\r\nb\u202ec\u0085d')).toBe('a [2J b c d');
    expect(shortened('x'.repeat(8 * 1024 * 1024))).toHaveLength(301);
    expect(shortened(' \n'.repeat(1_000_000))).toBe('(no text)');
  });
});
