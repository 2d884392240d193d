import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ObjectStore } from '../../../functions/shared/object-store.ts';

/** A store that reads what it is given, remembers how much it was, and keeps nothing else. */
export function createDiscardingStore(): ObjectStore {
  const sizes = new Map<string, number>();
  return {
    getText: async () => undefined,
    getStream: async (key) => {
      throw new Error(`reading ${key}: nothing is kept`);
    },
    size: async (key) => sizes.get(key),
    put: async (key, body) => {
      sizes.set(key, Buffer.byteLength(body));
      return true;
    },
    putStream: async (key, body, { signal } = {}) => {
      let bytes = 0;
      const sink = new Writable({
        write(piece: Buffer, _encoding, done) {
          bytes += piece.length;
          done();
        },
      });
      await pipeline(body, sink, { signal });
      sizes.set(key, bytes);
    },
    delete: async (key) => void sizes.delete(key),
    async *list() {},
  };
}
