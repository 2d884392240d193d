import type { ServerResponse } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { describeError } from '../../../functions/shared/errors.ts';
import { startVendor, type VendorServer } from '../../support/vendor-server.ts';
import { archivedLines, eventLine, exportWorld, oneDay, secret, storedManifest } from './export-world.ts';

const lines = Array.from({ length: 3000 }, (_, at) =>
  eventLine({ $insert_id: `id-${at}`, note: `sensitive ${at}` }),
);
const whole = `${lines.join('\n')}\n`;
const zipped = gzipSync(whole);
const gzip = { 'content-encoding': 'gzip' };

const open: VendorServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

/** Exports from a server that answers so. Parts of 64 KB, so that some are stored before the end is seen. */
async function exportFrom(answer: (response: ServerResponse) => void) {
  const server = await startVendor((_, response) => answer(response));
  open.push(server);
  const world = exportWorld(server.url, {
    limits: { maxPartBytes: 65_536 },
    timeouts: { idleMs: 2000 },
  });
  const result = await exportWindow(world, oneDay).catch((error: unknown) => error);
  return { world, result };
}

const send =
  (body: string | Buffer, headers = {}) =>
  (response: ServerResponse) => {
    response.writeHead(200, headers);
    const half = Math.ceil(body.length / 2);
    response.write(body.slice(0, half), () => response.end(body.slice(half)));
  };
const cutAfter =
  (body: string | Buffer, headers = {}) =>
  (response: ServerResponse) => {
    response.writeHead(200, headers);
    response.write(body, () => setImmediate(() => response.socket?.destroy()));
  };

describe('an export that is not whole', () => {
  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['is only a farewell', send('terminated early\n'), /line 1 is "terminated early"/],
    ['is only the longer farewell', send('export terminated early'), /line 1 is "export terminated early"/],
    ['ends with a farewell', send(`${whole}terminated early\n`), /line 3001 is "terminated early"/],
    ['ends with a zipped farewell', send(gzipSync(`${whole}export terminated early\n`), gzip), /line 3001/],
    ['ends with the begin of an error', send(`${whole}{"error":`), /line 3001 is the beginning of an error/],
    [
      'ends with an error object',
      send(`${whole}{"error":"Timeout Error."}\n`),
      /line 3001 is an error object/,
    ],
    ['ends in the middle of a line', send(whole.slice(0, -30)), /line 3000 is not JSON/],
    ['holds an empty line', send(`${lines[0]}\n\n${lines[1]}\n`), /line 2 is empty/],
    ['ends with an empty line', send(`${whole}\n`), /line 3001 is empty/],
    [
      'holds something other than an event',
      send(`${whole}{"status":1}\n`),
      /line 3001 is JSON, but not an event/,
    ],
    ['is a page of HTML', send('<html>sensitive</html>'), /line 1 is not JSON/],
    ['loses its connection at the end of a line', cutAfter(whole), /did not end cleanly/],
    ['loses its connection inside a line', cutAfter(whole.slice(0, 100_007)), /did not end cleanly/],
    ['loses its connection after the gzip stream', cutAfter(zipped, gzip), /did not end cleanly/],
    [
      'is shorter than announced',
      cutAfter(whole, { 'content-length': whole.length + 1 }),
      /did not end cleanly/,
    ],
    ['ends before its gzip stream', send(zipped.subarray(0, -9), gzip), /did not end cleanly/],
    ['lacks one byte of the gzip trailer', send(zipped.subarray(0, -1), gzip), /did not end cleanly/],
    [
      'has other bytes after its gzip stream',
      send(Buffer.concat([zipped, Buffer.from('x')]), gzip),
      /cleanly/,
    ],
    [
      'has another checksum than its gzip stream says',
      send(Buffer.from(zipped).fill(0xff, zipped.length - 8, zipped.length - 4), gzip),
      /did not end cleanly/,
    ],
    ['says gzip and is not', send(whole, gzip), /did not end cleanly/],
    ['is zipped twice and says so once', send(gzipSync(zipped), gzip), /line 1 is not JSON/],
    [
      'is zipped twice and says so',
      send(gzipSync(zipped), { 'content-encoding': 'gzip, gzip' }),
      /encoding that was not asked for/,
    ],
    [
      'has a second gzip member that is cut',
      send(Buffer.concat([zipped, zipped.subarray(0, -9)]), gzip),
      /did not end cleanly/,
    ],
    [
      'has a second gzip member that is none',
      send(Buffer.concat([zipped, Buffer.from([0x1f, 0x8b]), Buffer.alloc(40, 0xff)]), gzip),
      /did not end cleanly/,
    ],
    [
      'unzips to one line without end',
      send(gzipSync(Buffer.alloc(64 << 20, ' ')), gzip),
      /longer than any event/,
    ],
    [
      'unzips to empty lines without end',
      send(gzipSync(Buffer.alloc(64 << 20, '\n')), gzip),
      /line 1 is empty/,
    ],
    ['holds a NUL', send(`${whole}{"event":"a\0","properties":{}}\n`), /line 3001 is not JSON/],
    ['begins with a byte order mark', send(`\ufeff${whole}`), /line 1 is not JSON/],
    ['says gzip and is empty', send('', gzip), /did not end cleanly/],
    [
      'comes in another encoding',
      send(whole, { 'content-encoding': 'br' }),
      /encoding that was not asked for/,
    ],
    ['stalls', (response) => void response.write(whole), /did not end cleanly/],
    [
      'has an end that nothing proves',
      (response) => response.socket?.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${whole}`),
      /its end proves nothing/,
    ],
    ['holds an endless line', send(`${whole}${'x'.repeat(9_000_000)}`), /longer than any event/],
  ])('fails and leaves nothing when it %s', async (_, answer, words) => {
    const { world, result } = await exportFrom(answer);
    expect(result).toMatchObject({ code: 'export_incomplete', retryable: true });
    expect(describeError(result)).toMatch(words);
    expect([...world.store.objects.keys()]).toEqual([]);
    const told = JSON.stringify([describeError(result), world.log.entries]);
    expect(told).not.toContain('sensitive');
    expect(told).not.toContain(secret);
  });
});

it('an export that drips is ended with the time that it is given, and leaves nothing', async () => {
  const server = await startVendor((_, response) => {
    response.write(whole);
    const timer = setInterval(() => response.write(`${lines[0]}\n`), 20);
    response.on('close', () => clearInterval(timer));
  });
  open.push(server);
  const world = exportWorld(server.url, { limits: { maxPartBytes: 65_536 } });
  const exporting = exportWindow(world, oneDay, AbortSignal.timeout(500));
  await expect(exporting).rejects.toThrow();
  expect([...world.store.objects.keys()]).toEqual([]);
});

describe('an export that is whole', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ['plain', send(whole)],
    ['plain, of announced length', send(whole, { 'content-length': whole.length })],
    ['zipped', send(zipped, gzip)],
    [
      'zipped in several members',
      send(Buffer.concat([gzipSync(`${lines[0]}\n`), gzipSync(whole.slice(whole.indexOf('\n') + 1))]), gzip),
    ],
    ['zipped without saying so', send(zipped)],
    ['called identity', send(whole, { 'content-encoding': 'identity' })],
    [
      'zipped, over a connection that only closes',
      (response) => {
        response.socket?.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n');
        response.socket?.end(zipped);
      },
    ],
  ])('is archived line by line when it comes %s', async (_, answer) => {
    const { world, result } = await exportFrom(answer);
    expect(result).toMatchObject({ warnings: [] });
    const manifest = storedManifest(world.store);
    expect(manifest).toMatchObject({ records: 3000, duplicates: 0, bytes: Buffer.byteLength(whole) });
    expect(manifest && archivedLines(world.store, manifest).flat()).toEqual(lines);
  });

  it('may hold invalid UTF-8, duplicate and inherited names, huge numbers and any depth, all of it kept', async () => {
    const odd = [
      Buffer.from('{"event":"a","properties":{"time":1772953200,"x":"\xff\xc0\xed\xa0\x80"}}', 'latin1'),
      Buffer.from('{"event":"a","properties":{"time":1e400,"time":1772953200,"__proto__":{"time":1}}}'),
      Buffer.from(`{"event":"a","properties":{"constructor":1,"x":${'9'.repeat(9000)},"y":-1e308}}`),
      Buffer.from(
        `{"event":"\\u0000","properties":{"distinct_id":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`,
      ),
    ];
    const body = Buffer.concat(odd.flatMap((line) => [line, Buffer.from('\n')]));
    const { world, result } = await exportFrom(send(body));
    expect(result).toMatchObject({ warnings: [] });
    const [key = ''] = storedManifest(world.store)?.parts.map((part) => part.key) ?? [];
    expect(gunzipSync(world.store.objects.get(key) ?? '').equals(body)).toBe(true);
  });

  it('may lack the last newline, which is warned of and added', async () => {
    const { world, result } = await exportFrom(send(whole.slice(0, -1)));
    expect(result).toMatchObject({ warnings: [expect.stringContaining('newline')] });
    expect(storedManifest(world.store)).toMatchObject({ records: 3000, bytes: Buffer.byteLength(whole) });
    expect(world.log.entries).toContainEqual(
      expect.objectContaining({ message: 'Export:Run:NewlineMissing' }),
    );
  });

  it('may be empty: a manifest without parts', async () => {
    const { world, result } = await exportFrom(send(''));
    expect(result).toMatchObject({ warnings: [] });
    expect(storedManifest(world.store)).toMatchObject({ parts: [], records: 0, duplicates: 0, bytes: 0 });
    expect(world.store.objects.size).toBe(1);
  });
});
