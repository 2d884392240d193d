import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

async function tamper(batch: string, metrics: object): Promise<void> {
  const body = JSON.stringify({ metrics });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${world.platform.url}/_sim/batches/${batch}/tamper`, { method: 'POST', headers, body });
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

  it('is delivered again where Catalog knows its batch no more', async () => {
    await deliverTwiceTheSame();
    const batches = { ...world.deps.batches };
    let asked = 0;
    const get: typeof batches.get = async (id) => {
      asked += 1;
      return asked === 1 ? undefined : batches.get(id);
    };
    await world.drain(deliver('r2'), { batches: { ...batches, get } });
    expect((await world.ledger()).deliveries.map(({ run }) => run)).toEqual(['r2', 'r1']);
  });

  it('takes the place of its batch where Platform counts other rows in it', async () => {
    const changed = await deliverTwiceTheSame();
    await tamper(changed, { outputRecordCount: 2 });
    await world.drain(deliver('r2'));
    expect(await world.activeEvents()).toEqual(eventNames(3));
    expect((await world.ledger()).deliveries[0]?.replaces).toEqual([changed]);
  });

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
