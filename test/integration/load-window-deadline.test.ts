import { afterEach, describe, expect, it } from 'vitest';
import { uploadCheckpointKey } from '../../functions/shared/object-keys.ts';
import type { Batches } from '../../functions/shared/platform/batches.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  eventNames,
  type Fate,
  type LoadWorld,
  window,
} from '../support/load-world.ts';

let world: LoadWorld;
afterEach(() => world.close());

/** Rows of the world's mapping have some 110 bytes: nine to a file, and two uploads. */
const sizes = { fileBytes: 1000, maxUploads: 2 };

/** Platform, of which every file after the first so many of an invocation comes too late. */
function slowAfter(batches: Batches, files: number, uploaded: string[]) {
  const deadline = new AbortController();
  let left = files;
  const slow: Batches = {
    ...batches,
    async putFile(batchId, datasetId, path, body) {
      if (left === 0) {
        deadline.abort();
        throw new Error('aborted');
      }
      left -= 1;
      uploaded.push(path);
      await batches.putFile(batchId, datasetId, path, body);
    },
  };
  return { signal: deadline.signal, batches: slow };
}

describe('a delivery that takes longer than an invocation', () => {
  it('goes on in other messages, file by file, and uploads none twice', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(100), 20);
    const uploaded: string[] = [];
    const fates: Fate[] = [];
    const waiting: unknown[] = [deliver('r1')];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { signal, batches } = slowAfter(world.deps.batches, 2, uploaded);
      const fate = await world.receive(next, { with: { batches, sizes }, signal });
      fates.push(fate);
      if (fate !== 'done') waiting.push(next);
      await world.platform.idle();
      waiting.push(...world.loadQueue.sent.splice(0).map(({ body }) => body));
    }
    expect(await world.activeEvents()).toEqual(eventNames(100));
    expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ mapped: 100 }] });
    expect(new Set(uploaded).size).toBe(uploaded.length);
    // Ten files, two an invocation; and none of the waits uses up a receive.
    expect(uploaded).toHaveLength(10);
    expect(fates.filter((fate) => fate === 'deferred')).toHaveLength(3);
    expect(fates).not.toContain('retried');
    expect(world.deadLetters).toEqual([]);
  });

  it('is tried again, and given up in the end, when an invocation got nothing done', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(20));
    const { signal, batches } = slowAfter(world.deps.batches, 0, []);
    expect(await world.receive(deliver('r1'), { with: { batches, sizes }, signal })).toBe('retried');
  });

  it('keeps the rejected records of all invocations', async () => {
    world = await createLoadWorld({ source: { maxRejectedPercent: 50 } });
    const bad = (n: number) => `{"event":"bad","properties":{"time":177296400${n}}}`;
    await world.storeRun('r1', [bad(0), ...eventLines(30), bad(1)]);
    const { signal, batches } = slowAfter(world.deps.batches, 1, []);
    expect(await world.receive(deliver('r1'), { with: { batches, sizes }, signal })).toBe('deferred');
    await world.drain(deliver('r1'), { sizes });
    expect(await world.ledger()).toMatchObject({
      state: 'delivered',
      deliveries: [{ rejected: 2, mapped: 30, accepted: 30 }],
    });
    expect(await world.activeEvents()).toEqual(eventNames(30));
  });
});

describe('a window that is too large for a batch', () => {
  /** Delivers a run of one part or several, with what Platform was sent. */
  async function deliverWith(maxBatchSize: { files: number; bytes: number }, linesPerPart: number) {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(60), linesPerPart);
    const files: string[] = [];
    const counted: Batches = {
      ...world.deps.batches,
      async putFile(batchId, datasetId, path, body) {
        files.push(path);
        await world.deps.batches.putFile(batchId, datasetId, path, body);
      },
    };
    // Nine rows to a file.
    const changed = { batches: counted, maxBatchSize, sizes: { fileBytes: 1000, maxUploads: 10 } };
    await world.drain(deliver('r1'), changed);
    return files;
  }

  it.each([
    ['files', { files: 3, bytes: 1_000_000 }],
    ['bytes', { files: 100, bytes: 3300 }],
  ])(
    'is given up by the first upload with which it is, by its %s, and the others send nothing',
    async (_, most) => {
      expect(await deliverWith(most, 9)).toEqual([
        'part-00000-000.json',
        'part-00001-000.json',
        'part-00002-000.json',
      ]);
      expect(world.deadLetters).toMatchObject([
        { code: 'batch_too_large', reason: expect.stringContaining('uploading part 3: 4 files with') },
      ]);
      expect(await world.ledger()).toMatchObject({
        state: 'failed',
        error: world.deadLetters[0]?.reason,
        activeBatch: null,
      });
      expect(await world.activeEvents()).toEqual([]);
      // Sent back to a connector that may send as much, it is delivered, each row once.
      expect(await world.receive(world.deadLetters[0]?.body)).toBe('done');
      await world.drain();
      expect(await world.activeEvents()).toEqual(eventNames(60));
    },
  );

  it('is given up in the middle of an upload, before the file that is too much', async () => {
    const files = await deliverWith({ files: 3, bytes: 1_000_000 }, 60);
    expect(files).toEqual(['part-00000-000.json', 'part-00000-001.json', 'part-00000-002.json']);
    expect(world.deadLetters).toMatchObject([{ code: 'batch_too_large' }]);
    expect(await world.ledger()).toMatchObject({ state: 'failed', activeBatch: null });
  });

  it('is delivered when it is just as large as a batch may be', async () => {
    expect(await deliverWith({ files: 7, bytes: 1_000_000 }, 9)).toHaveLength(7);
    expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ accepted: 60 }] });
  });

  it('is given up by the upload that ends last of two at once, which did not know of each other', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(60), 20);
    const changed = { maxBatchSize: { files: 1, bytes: 1_000_000 } };
    await world.receive(deliver('r1'), { with: changed });
    const [first, second, third] = world.loadQueue.sent.splice(0);
    const during: Batches = {
      ...world.deps.batches,
      async putFile(...file) {
        expect(await world.receive(second?.body, { with: changed })).toBe('done');
        await world.deps.batches.putFile(...file);
      },
    };
    expect(await world.receive(first?.body, { with: { ...changed, batches: during } })).toBe('given up');
    expect(world.deadLetters).toMatchObject([
      { code: 'batch_too_large', reason: expect.stringContaining('uploading part 0: 2 files') },
    ]);
    expect(await world.receive(third?.body, { with: changed })).toBe('done');
    expect(await world.ledger()).toMatchObject({ state: 'failed', activeBatch: null });
  });

  it('is given up by the join where uploads of an earlier release have noted no sizes', async () => {
    world = await createLoadWorld();
    await world.storeRun('r1', eventLines(6), 3);
    await world.receive(deliver('r1'));
    const [first, second] = world.loadQueue.sent.splice(0);
    await world.receive(first?.body);
    const { deliveries } = await world.ledger();
    const key = uploadCheckpointKey(window, deliveries[0]?.id ?? '', 0);
    const checkpoint = JSON.parse(world.store.objects.get(key)?.toString() ?? '');
    await world.store.put(key, JSON.stringify({ ...checkpoint, bytes: 100_000_000_001 }));
    expect(await world.receive(second?.body)).toBe('given up');
    expect(world.deadLetters).toMatchObject([
      { code: 'batch_too_large', reason: expect.stringContaining('mixpanel.where') },
    ]);
    expect(await world.ledger()).toMatchObject({ state: 'failed', activeBatch: null });
    expect(await world.activeEvents()).toEqual([]);
  });
});
