import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import type { ObjectStore } from '../../functions/shared/object-store.ts';

/** What every object store must do; run on the fake and on the bucket, so that the fake stays true. */
export function describeObjectStore(create: () => Promise<ObjectStore>): void {
  it('gives back what was put, as text and as a stream', async () => {
    const store = await create();
    expect(await store.put('a/b', 'späť')).toBe(true);
    expect((await store.getText('a/b'))?.text).toBe('späť');
    expect(await buffer(await store.getStream('a/b'))).toEqual(Buffer.from('späť'));
    expect(await store.size('a/b')).toBe(Buffer.byteLength('späť'));
  });

  it('knows nothing of an object that is not there', async () => {
    const store = await create();
    expect(await store.getText('none')).toBeUndefined();
    expect(await store.size('none')).toBeUndefined();
    await expect(store.getStream('none')).rejects.toThrow();
    await store.delete('none');
  });

  it('reads no object whole that is larger than any of ours', async () => {
    const store = await create();
    const bytes = 16 * 1024 * 1024;
    await store.put('most', Buffer.alloc(bytes, ' '));
    expect((await store.getText('most'))?.text).toHaveLength(bytes);
    await store.put('more', Buffer.alloc(bytes + 1, ' '));
    await expect(store.getText('more')).rejects.toMatchObject({
      code: 'object_too_large',
      message: 'reading more: it has 16777217 bytes; allowed are 16777216',
      retryable: false,
    });
    expect(await store.getText('none')).toBeUndefined();
  });

  it('lets one of many writers create an object', async () => {
    const store = await create();
    const writers = ['1', '2', '3', '4', '5'];
    const won = await Promise.all(
      writers.map((text) => store.put('once', text, { precondition: { ifAbsent: true } })),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await store.getText('once'))?.text).toBe(writers[won.indexOf(true)]);
  });

  it('refuses to replace an object that was changed, or deleted, since it was read', async () => {
    const store = await create();
    await store.put('doc', 'one');
    const etag = (await store.getText('doc'))?.etag ?? '';
    expect(await store.put('doc', 'two', { precondition: { ifMatch: etag } })).toBe(true);
    expect(await store.put('doc', 'three', { precondition: { ifMatch: etag } })).toBe(false);
    await store.delete('doc');
    expect(await store.put('doc', 'four', { precondition: { ifMatch: etag } })).toBe(false);
    expect(await store.getText('doc')).toBeUndefined();
  });

  it('stores a stream of several upload parts whole', async () => {
    const store = await create();
    const pieces = Array.from({ length: 20 }, (_, index) => Buffer.alloc(1024 * 1024, index));
    await store.putStream('big', Readable.from(pieces));
    expect(await store.size('big')).toBe(20 * 1024 * 1024);
    expect((await buffer(await store.getStream('big'))).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('shows nothing of a stream that failed or was aborted', async () => {
    const store = await create();
    const failing = Readable.from(
      (function* () {
        yield Buffer.alloc(9 * 1024 * 1024);
        throw new Error('cut');
      })(),
    );
    await expect(store.putStream('cut', failing)).rejects.toThrow();
    const abort = new AbortController();
    const endless = new Readable({ read() {} });
    const stored = store.putStream('aborted', endless, { signal: abort.signal });
    abort.abort();
    await expect(stored).rejects.toThrow();
    expect(await store.size('cut')).toBeUndefined();
    expect(await store.size('aborted')).toBeUndefined();
    endless.destroy();
  });

  it('lists a prefix in key order, over page ends', async () => {
    const store = await create();
    const keys = Array.from({ length: 1005 }, (_, index) => `list/${String(index).padStart(4, '0')}`);
    for (let first = 0; first < keys.length; first += 50) {
      await Promise.all(keys.slice(first, first + 50).map((key) => store.put(key, 'x')));
    }
    await store.put('other', 'x');
    const listed: string[] = [];
    for await (const { key } of store.list('list/')) listed.push(key);
    expect(listed).toEqual(keys);
  });
}
