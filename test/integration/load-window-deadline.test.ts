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
  it('is given up before anything becomes visible, and told what helps', async () => {
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
