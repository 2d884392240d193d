import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type ObjectStore, type Precondition, requireTextSize } from '../../functions/shared/object-store.ts';

/** An object store in memory that keeps to the same contract as the bucket (object-store.contract.ts). */
export interface MemoryObjectStore extends ObjectStore {
  readonly objects: Map<string, Buffer>;
}

export function createMemoryObjectStore(): MemoryObjectStore {
  const objects = new Map<string, Buffer>();
  const etagOf = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`;
  const holds = (key: string, precondition: Precondition | undefined) => {
    const body = objects.get(key);
    if (precondition === undefined) return true;
    if ('ifAbsent' in precondition) return body === undefined;
    return body !== undefined && etagOf(body) === precondition.ifMatch;
  };
  return {
    objects,
    async getText(key) {
      const body = objects.get(key);
      requireTextSize(key, body?.length ?? 0);
      return body === undefined ? undefined : { text: body.toString('utf8'), etag: etagOf(body) };
    },
    async getStream(key) {
      const body = objects.get(key);
      if (body === undefined) throw new Error(`no object ${key}`);
      return Readable.from(cut(body, 7001));
    },
    size: async (key) => objects.get(key)?.length,
    async put(key, body, options = {}) {
      if (!holds(key, options.precondition)) return false;
      objects.set(key, Buffer.from(body));
      return true;
    },
    async putStream(key, body, options = {}) {
      const pieces: Buffer[] = [];
      const collect = async (source: AsyncIterable<Buffer>) => {
        for await (const piece of source) pieces.push(Buffer.from(piece));
      };
      await pipeline(body, collect, options.signal === undefined ? {} : { signal: options.signal });
      objects.set(key, Buffer.concat(pieces));
    },
    async delete(key) {
      objects.delete(key);
    },
    async *list(prefix) {
      for (const key of [...objects.keys()].filter((name) => name.startsWith(prefix)).sort()) {
        const body = objects.get(key) ?? Buffer.alloc(0);
        yield { key, bytes: body.length, etag: etagOf(body) };
      }
    },
  };
}

/** An odd size, so that lines and characters straddle the pieces. */
function* cut(body: Buffer, size: number): Generator<Buffer> {
  for (let start = 0; start < body.length; start += size) yield body.subarray(start, start + size);
}
