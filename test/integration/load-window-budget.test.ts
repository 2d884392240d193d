import { afterEach, describe, expect, it } from 'vitest';
import { requestInRange } from '../../functions/shared/backfill.ts';
import { deliveryBudgetKey } from '../../functions/shared/object-keys.ts';
import { sandboxOf } from '../../functions/shared/platform/guardrails.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  eventNames,
  type LoadWorld,
  window,
} from '../support/load-world.ts';

let world: LoadWorld;
afterEach(() => world.close());

/** The world leaves six batches a day to the daily windows, so backfill has one. */
const oneForBackfill = { source: { dailyBatchBudget: 7 } };

function inRange(run: string, date: string) {
  return { ...deliver(run, requestInRange('range', date)), date };
}

describe('the budget of a sandbox', () => {
  it('lets backfill wait, before anything of its window is touched, and daily windows pass', async () => {
    world = await createLoadWorld(oneForBackfill);
    const [first, second, daily] = ['2026-01-01', '2026-01-02', '2026-01-03'] as const;
    for (const date of [first, second, daily]) await world.storeRun('r1', eventLines(2, date), 9, { date });
    expect(await world.receive(inRange('r1', first))).toBe('done');
    expect(await world.receive(inRange('r1', second))).toBe('deferred');
    expect(await world.receive(inRange('r1', second))).toBe('deferred');
    expect(await world.receive({ ...deliver('r1'), date: daily })).toBe('done');
    await world.drain();
    expect(await world.activeEvents()).toEqual([...eventNames(2, first), ...eventNames(2, daily)]);
    const waiting = await world.deps.ledgers.read({ ...window, date: second });
    expect(waiting.deliveries).toEqual([]);
  });

  it('is not spent on a run that is delivered already, nor twice by a repeated message', async () => {
    world = await createLoadWorld(oneForBackfill);
    await world.storeRun('r1', eventLines(2));
    await world.drain(inRange('r1', window.date));
    await world.storeRun('r2', eventLines(2));
    expect(await world.receive(inRange('r2', window.date))).toBe('done');
    expect(await world.receive(inRange('r1', window.date))).toBe('done');
    expect(await world.ledger()).toMatchObject({ state: 'unchanged' });
  });

  it('lets uploads wait for the hour, without an upload and without using up a receive', async () => {
    world = await createLoadWorld();
    const key = deliveryBudgetKey(sandboxOf(world.deps.settings));
    await world.store.put(
      key,
      JSON.stringify({ version: 1, batches: [], uploads: [{ at: Date.now(), bytes: 20e9 }] }),
    );
    await world.storeRun('r1', eventLines(5));
    expect(await world.receive(deliver('r1'))).toBe('deferred');
    expect(await world.ledger()).toMatchObject({ state: 'loading' });
    await world.store.delete(key);
    await world.drain(deliver('r1'));
    expect(await world.activeEvents()).toEqual(eventNames(5));
  });

  it('counts the bytes of the rows, where they are more than those of their lines', async () => {
    world = await createLoadWorld();
    const lines = Array.from({ length: 3 }, (_, n) => `{"event":"e","properties":{"time":177296400${n}}}`);
    await world.storeRun('r1', lines);
    await world.drain(deliver('r1'));
    const stored = world.store.objects.get(deliveryBudgetKey(sandboxOf(world.deps.settings)));
    const { batches, uploads } = JSON.parse(stored?.toString() ?? '');
    expect(batches).toHaveLength(1);
    const row = { _id: '0'.repeat(32), timestamp: '2026-03-08T10:00:00.000Z', eventType: 'e' };
    expect(uploads).toMatchObject([{ bytes: 3 * (JSON.stringify(row).length + 1) }]);
  });
});
