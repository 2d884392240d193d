import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Random } from './data/random.ts';
import type { BodyItem } from './export-body.ts';

/** A body and how it goes out. */
export interface Delivery {
  readonly response: ServerResponse;
  readonly items: AsyncIterable<BodyItem>;
  readonly gzip: boolean;
  /** Bytes to leave out at the very end. */
  readonly withheldBytes: number;
  /** Sizes of chunks: drawn at random, or one size for all. */
  readonly chunkBytes: Random | number;
  readonly signal: AbortSignal;
  readonly onBytes: (count: number) => void;
}

/** Longest that a timer can wait: without end, for a test. */
const foreverMs = 2 ** 31 - 1;

/** Sends the body as fast as the client reads it. @throws when the connection ends before the body does. */
export async function deliver(delivery: Delivery): Promise<void> {
  const { response, withheldBytes, chunkBytes, signal, onBytes } = delivery;
  // Speed matters more than size: nothing here depends on how small the body gets.
  const gzip = delivery.gzip ? createGzip({ level: constants.Z_BEST_SPEED }) : undefined;
  const source = Readable.from(perform(delivery, gzip));
  const last = (bytes: AsyncIterable<unknown>) =>
    countedChunks(withoutTail(bytes, withheldBytes), chunkBytes, onBytes);
  if (gzip === undefined) await pipeline(source, last, response, { signal });
  else await pipeline(source, gzip, last, response, { signal });
}

/** Lets bytes through and carries interruptions out, once everything before them has left. */
async function* perform(
  { items, response, signal }: Delivery,
  gzip: Gzip | undefined,
): AsyncGenerator<Buffer> {
  response.flushHeaders();
  for await (const item of items) {
    if (Buffer.isBuffer(item)) {
      if (item.length > 0) yield item;
      continue;
    }
    if (gzip !== undefined) await new Promise<void>((resolve) => gzip.flush(resolve));
    await emptied(response, signal);
    if (item.kind === 'stall') await setTimeout(item.ms ?? foreverMs, undefined, { signal });
    else return cut(response, item.kind);
  }
}

function cut(response: ServerResponse, kind: 'reset' | 'close'): void {
  if (kind === 'reset') response.socket?.resetAndDestroy();
  else response.socket?.destroy();
  throw new Error(`cutting the connection: ${kind}`);
}

/** Waits until what was written is with the operating system, so that a cut comes after it. */
async function emptied(response: ServerResponse, signal: AbortSignal): Promise<void> {
  do await setTimeout(10, undefined, { signal });
  while (response.writableLength > 0 && !response.destroyed);
}

async function* withoutTail(source: AsyncIterable<unknown>, tailBytes: number): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const piece of source) {
    if (!Buffer.isBuffer(piece)) throw new TypeError('a body is made of bytes');
    const bytes = held.length === 0 ? piece : Buffer.concat([held, piece]);
    const sent = Math.max(0, bytes.length - tailBytes);
    if (sent > 0) yield bytes.subarray(0, sent);
    held = Buffer.from(bytes.subarray(sent));
  }
}

async function* countedChunks(
  source: AsyncIterable<Buffer>,
  sizes: Random | number,
  onBytes: (count: number) => void,
): AsyncGenerator<Buffer> {
  for await (const bytes of source) {
    for (let at = 0; at < bytes.length; ) {
      const chunk = bytes.subarray(at, at + (typeof sizes === 'number' ? sizes : randomSize(sizes)));
      at += chunk.length;
      onBytes(chunk.length);
      yield chunk;
    }
  }
}

/** Mostly large, now and then a few bytes, so that lines and characters are split at any place. */
function randomSize(random: Random): number {
  return random.chance(0.1) ? random.between(1, 40) : random.between(1000, 65_536);
}
