import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RetryableError, TerminalError } from '../../functions/shared/errors.ts';
import { type BatchReport, phaseOf } from '../../functions/shared/platform/batches.ts';
import { createLoadWorld, deliver, eventLines, eventNames, type LoadWorld } from '../support/load-world.ts';

let world: LoadWorld;
beforeEach(async () => {
  world = await createLoadWorld();
});
afterEach(() => world.close());

/** Delivers three events as run r1, and stores the same three as run r2. */
async function deliverTwiceTheSame(): Promise<string> {
  await world.storeRun('r1', eventLines(3));
  await world.drain(deliver('r1'));
  await world.storeRun('r2', eventLines(3));
  return (await world.ledger()).activeBatch ?? '';
}

describe('a window that has not changed', () => {
  it('is delivered again at somebody’s request where its batch was taken away', async () => {
    const lost = await deliverTwiceTheSame();
    await world.deps.batches.revert(lost);
    await world.drain(deliver('r2'));
    expect(await world.activeEvents()).toEqual(eventNames(3));
    const { state, activeBatch, deliveries } = await world.ledger();
    expect(state).toBe('delivered');
    expect(activeBatch).not.toBe(lost);
    // A batch that is gone can't be replaced, and Platform might refuse one that says so.
    expect(deliveries[0]?.replaces).toEqual([]);
  });

  it.each([
    ['does not show its batch', async () => undefined],
    ['can’t be asked', () => Promise.reject(new TerminalError('platform_refused', 'HTTP 400'))],
    ['is out of order', () => Promise.reject(new RetryableError('platform_unavailable', 'HTTP 503'))],
  ])('is not sent again where Catalog %s, which is no word of its rows', async (_, get) => {
    const batch = await deliverTwiceTheSame();
    await world.drain(deliver('r2'), { batches: { ...world.deps.batches, get } });
    expect(world.deadLetters).toEqual([]);
    const { state, activeBatch, deliveries } = await world.ledger();
    expect([state, activeBatch, deliveries.length]).toEqual(['unchanged', batch, 1]);
  });

  it.each([
    { status: 'inactive', times: 2 },
    { status: 'DELETED', times: 2 },
    { status: 'failed', times: 1 },
    { status: 'stalled', times: 1 },
    { status: 'of a kind that nobody knows', times: 1 },
    { accepted: 2, times: 1 },
    { accepted: undefined, times: 1 },
  ])(
    'is sent again only where Catalog says that its batch was withdrawn: %o',
    async ({ times, ...other }) => {
      await deliverTwiceTheSame();
      const { batches } = world.deps;
      let asked = 0;
      const get: typeof batches.get = async (id) => {
        const found = await batches.get(id);
        asked += 1;
        if (asked > 1 || found === undefined) return found;
        return { ...found, ...other, phase: phaseOf(other.status ?? found.status) };
      };
      await world.drain(deliver('r2'), { batches: { ...batches, get } });
      expect((await world.ledger()).deliveries).toHaveLength(times);
    },
  );

  it('stays away for the schedule, which would bring back what was deleted on purpose', async () => {
    await world.deps.batches.revert(await deliverTwiceTheSame());
    await world.drain({ ...deliver('r2'), reason: 'schedule' });
    expect(await world.activeEvents()).toEqual([]);
    expect((await world.ledger()).state).toBe('unchanged');
  });

  it('is not sent again while its batch stands', async () => {
    const batch = await deliverTwiceTheSame();
    await world.drain(deliver('r2'));
    const { state, activeBatch, deliveries } = await world.ledger();
    expect({ state, activeBatch, deliveries: deliveries.length }).toEqual({
      state: 'unchanged',
      activeBatch: batch,
      deliveries: 1,
    });
  });
});

describe('a window that is empty now', () => {
  /** Delivers three events as run r1, then run r2, which has none, with what Catalog says of the batch. */
  async function empty(answer: (found: BatchReport | undefined) => BatchReport | undefined): Promise<string> {
    await world.storeRun('r1', eventLines(3));
    await world.drain(deliver('r1'));
    const { activeBatch } = await world.ledger();
    await world.storeRun('r2', []);
    const { batches } = world.deps;
    const get: typeof batches.get = async (id) => answer(await batches.get(id));
    await world.drain(deliver('r2'), { batches: { ...batches, get } });
    return activeBatch ?? '';
  }

  it.each<[string, (found: BatchReport | undefined) => BatchReport | undefined]>([
    ['says that it is active', (found) => found],
    ['does not show it', () => undefined],
    ['has a word for it that nobody knows', (found) => found && { ...found, phase: phaseOf('settled') }],
  ])('has its batch reverted where Catalog %s', async (_, answer) => {
    await empty(answer);
    expect(await world.activeEvents()).toEqual([]);
    expect(await world.ledger()).toMatchObject({ state: 'empty', activeBatch: null });
  });

  it('is empty too where Platform knows its batch no more', async () => {
    const { batches } = world.deps;
    await expect(batches.revert('unknown')).resolves.toBeUndefined();
  });

  it('has nothing reverted where that was done before', async () => {
    const batch = await empty((found) => found && { ...found, phase: 'withdrawn' });
    expect((await world.deps.batches.get(batch))?.phase).toBe('active');
    expect((await world.ledger()).state).toBe('empty');
  });
});

describe('a delivery that is overtaken while it is uploaded', () => {
  it('is no failure: its batch is aborted, and the newer one holds each row once', async () => {
    await world.storeRun('r1', eventLines(5));
    const { batches } = world.deps;
    let overtaken = false;
    const putFile: typeof batches.putFile = async (...file) => {
      if (!overtaken) {
        overtaken = true;
        const newer = { ...deliver('r1', 'another request'), reload: true };
        expect(await world.receive(newer)).toBe('done');
      }
      await batches.putFile(...file);
    };
    expect(await world.receive(deliver('r1'), { with: { batches: { ...batches, putFile } } })).toBe('done');
    expect(world.log.entries.map(({ message }) => message)).toContain('Load:Delivery:Superseded');
    await world.drain();
    expect(world.deadLetters).toEqual([]);
    expect(await world.activeEvents()).toEqual(eventNames(5));
    expect(await world.ledger()).toMatchObject({ state: 'delivered', error: null });
  });
});
