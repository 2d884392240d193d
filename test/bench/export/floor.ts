import { get } from 'node:http';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { measure, streamSizes } from './protocol.ts';

const newline = 0x0a;

/** The least that an export could do: the same body, gunzip, count newlines, gzip, away with it. */
function floor(url: string) {
  return measure(async () => {
    const body = await new Promise<Readable>((resolve, reject) => get(url, resolve).on('error', reject));
    let lines = 0;
    let bytes = 0;
    await pipeline(
      body,
      createGunzip({ chunkSize: streamSizes.gunzipChunkBytes }),
      async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          bytes += piece.length;
          for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, at + 1)) lines += 1;
          yield piece;
        }
      },
      createGzip({ level: streamSizes.gzipLevel, chunkSize: streamSizes.gzipChunkBytes }),
      new Writable({ write: (_piece, _encoding, done) => done() }),
    );
    return { lines, bytes, duplicates: 0 };
  });
}

await floor(process.argv[2] ?? '');
