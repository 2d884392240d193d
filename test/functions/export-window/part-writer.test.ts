import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openPart, type PartWriter } from '../../../functions/export-window/part-writer.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';

const key = 'part-00000.ndjson.gz';
/** Of a length that leaves the end of every batch empty. */
const lineOf = (bytes: number) =>
  Buffer.from(randomBytes(bytes).toString('latin1').replaceAll('\n', '.'), 'latin1');

/** A store that takes nothing until it is let go. */
function waitingStore() {
  const gate = new EventEmitter();
  const released = once(gate, 'released');
  const memory = createMemoryObjectStore();
  const putStream: typeof memory.putStream = async (...put) => {
    await released;
    return memory.putStream(...put);
  };
  return { ...memory, putStream, release: () => gate.emit('released') };
}

function open(store: ReturnType<typeof waitingStore>, signal = new AbortController().signal): PartWriter {
  return openPart({ store, key, gzipLevel: 1, signal });
}

/** Appends lines until the part makes no room for the next within a while; says which it took. */
async function fill(part: PartWriter, most: number) {
  const lines: Buffer[] = [];
  for (let bytes = 0; bytes < most; ) {
    const line = lineOf(7001);
    const room = part.hasRoom(line.length) ? undefined : part.makeRoom(line.length);
    const blocked = room !== undefined && (await Promise.race([room, sleep(300, 'blocked')])) === 'blocked';
    if (blocked) return { lines, room };
    part.append(line);
    lines.push(line);
    bytes += line.length;
  }
  return { lines, room: Promise.resolve() };
}

describe('a part', () => {
  it('takes no more than a few megabytes ahead of the store, and stores them all in their order', async () => {
    const store = waitingStore();
    const part = open(store);
    const { lines, room } = await fill(part, 16e6);
    expect(part.bytes).toBeLessThan(6e6);
    store.release();
    await room;
    const long = lineOf(3e6);
    lines.push(long);
    if (!part.hasRoom(long.length)) await part.makeRoom(long.length);
    part.append(long);
    lines.push(...(await fill(part, 6e6)).lines);
    const { records, bytes } = await part.finish();
    const stored = gunzipSync(store.objects.get(key) ?? Buffer.alloc(0));
    const expected = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
    expect({ records, bytes }).toEqual({ records: lines.length, bytes: expected.length });
    expect(stored.equals(expected)).toBe(true);
  });

  it('fails where it waits for room when it is stopped', async () => {
    const store = waitingStore();
    const stop = new AbortController();
    const part = open(store, stop.signal);
    const { room } = await fill(part, 16e6);
    stop.abort();
    store.release();
    await expect(room).rejects.toMatchObject({ code: 'part_not_stored', retryable: true });
    await expect(part.finish()).rejects.toMatchObject({ code: 'part_not_stored' });
    await part.settled();
    expect(store.objects.size).toBe(0);
  });
});
