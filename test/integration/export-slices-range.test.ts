import { afterEach, describe, expect, it } from 'vitest';
import { pauseBackfill, resumeBackfill } from '../../functions/shared/backfill-store.ts';
import { type ExportWorkWorld, source } from '../support/export-work-world.ts';
import { createSlicedWorld, tooSlowFor } from '../support/sliced-export.ts';

let world: ExportWorkWorld;
afterEach(() => world.close());

const date = '2026-03-08';

describe('a window in slices', () => {
  it('holds its range back until it is whole, so that the range can be paused and has come as far as it says', async () => {
    world = await createSlicedWorld();
    const ref = { source, request: 'range-1' };
    await world.windowQueue.send(
      { from: '2026-03-05', to: '2026-03-06' },
      { attributes: { request: ref.request } },
    );
    let seen = false;
    await world.run({
      with: { mixpanel: tooSlowFor(world.deps.mixpanel, 7) },
      until: async () => {
        const [backfill] = await world.backfills.list(source);
        const isWhole = world.completeRuns('2026-03-05').length > 0;
        if (!isWhole && backfill !== undefined) {
          seen = true;
          expect(backfill).toMatchObject({ state: 'running', next: '2026-03-05', done: 0, failed: 0 });
          expect(world.queries.every(({ day }) => day === '2026-03-05')).toBe(true);
        }
        return isWhole;
      },
    });
    expect(seen).toBe(true);
    await pauseBackfill(world.backfills, ref);
    const pausedMs = world.clock.now();
    await world.run({ until: () => world.clock.now() > pausedMs + 7_200_000 });
    expect(world.queries.every(({ day }) => day === '2026-03-05')).toBe(true);
    await resumeBackfill(world.backfills, ref);
    await world.run();
    expect((await world.backfills.list(source))[0]).toMatchObject({ state: 'done', done: 2, failed: 0 });
    expect(world.windowQueue.maxReceives()).toBe(1);
  });

  it('counts as failed in its range when a slice is given up, and as done once that was sent back', async () => {
    world = await createSlicedWorld({
      mixpanel: { faults: [{ kind: 'status', status: 402, day: '2026-03-06', nth: 4, times: 1 }] },
    });
    await world.windowQueue.send({ from: '2026-03-06', to: '2026-03-07' });
    await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, 7) } });
    const [backfill] = await world.backfills.list(source);
    expect(backfill).toMatchObject({ state: 'done', done: 1, failed: 1, failedWindows: ['2026-03-06'] });
    await world.windowQueue.send(world.deadLetters.sent[0]?.body);
    await world.run();
    expect((await world.backfills.list(source))[0]).toMatchObject({ done: 2, failed: 0 });
  });

  it('does not hold its range back when a newer run of it was faster', async () => {
    world = await createSlicedWorld();
    const range = { from: '2026-03-06', to: '2026-03-07' };
    const attributes = { request: 'range-1' };
    await world.windowQueue.send(range, { attributes });
    await world.run({
      with: { mixpanel: tooSlowFor(world.deps.mixpanel, 7) },
      until: () => world.windowQueue.bodies().some((body) => body.includes('"slice"')),
    });
    // Of the slices nothing is heard any more; somebody asks for the window meanwhile.
    world.windowQueue.drain();
    await world.windowQueue.send({ date: range.from });
    await world.run();
    await world.windowQueue.send(range, { attributes });
    await world.run();
    expect((await world.backfills.list(source))[0]).toMatchObject({ state: 'done', done: 2, failed: 0 });
  });

  it('is not fetched any further once a newer run of it is complete', async () => {
    world = await createSlicedWorld();
    await world.windowQueue.send({ date }, { attributes: { request: 'older' } });
    // The whole attempt, and the slices' messages; then a newer request, which Mixpanel answers in time.
    await world.run({
      with: { mixpanel: tooSlowFor(world.deps.mixpanel, 7) },
      until: () => world.windowQueue.bodies().some((body) => body.includes('"slice"')),
    });
    const slices = world.windowQueue.drain();
    await world.windowQueue.send({ date }, { attributes: { request: 'newer' } });
    await world.run();
    const before = world.queries.length;
    for (const body of slices) await world.windowQueue.send(body);
    await world.run();
    expect(world.queries.length).toBe(before);
    expect((await world.ledger(date)).exported?.request).toBe('newer');
    expect(world.deadLetters.sent).toEqual([]);
  });
});
