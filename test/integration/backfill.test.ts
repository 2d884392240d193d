import { afterEach, describe, expect, it } from 'vitest';
import { createExportWork } from '../../functions/export-window/export-work.ts';
import {
  cancelBackfill,
  listBackfills,
  pauseBackfill,
  resumeBackfill,
} from '../../functions/shared/backfill-store.ts';
import { createExportWorkWorld, type ExportWorkWorld, source } from '../support/export-work-world.ts';

let world: ExportWorkWorld;
afterEach(() => world.close());

const range = { from: '2026-02-01', to: '2026-02-10', reason: 'first load' };
const ref = { source, request: 'backfill-1' };
const hourMs = 3_600_000;

/** A backfill of ten windows of which so many have been asked for. */
async function begun(windows: number): Promise<void> {
  world = await createExportWorkWorld();
  await world.windowQueue.send(range, { attributes: { request: ref.request } });
  await world.run({ until: () => world.queries.length >= windows });
}

async function onlyBackfill() {
  const [backfill, ...others] = await listBackfills(world.backfills, source);
  expect(others).toEqual([]);
  return backfill;
}

describe('a backfill', () => {
  it('is recorded when it begins, and again after each window', async () => {
    await begun(3);
    expect(await onlyBackfill()).toMatchObject({
      ...ref,
      ...range,
      version: 1,
      reload: false,
      state: 'running',
      next: '2026-02-04',
      done: 3,
      failed: 0,
      startedAt: '2026-03-09T04:00:00.000Z',
    });
    await world.run();
    expect(await onlyBackfill()).toMatchObject({ state: 'done', next: null, done: 10 });
  });

  it('that is paused waits in the queue, using up neither receives nor queries', async () => {
    await begun(3);
    await pauseBackfill(world.backfills, ref);
    const resumedMs = world.clock.now() + 30 * hourMs;
    await world.run({ until: () => world.clock.now() > resumedMs });
    expect(world.queries).toHaveLength(3);
    expect(world.windowQueue.maxReceives()).toBe(1);
    expect(world.windowQueue.bodies()).toHaveLength(1);
  });

  it('that is resumed goes on where it was, within a quarter of an hour', async () => {
    await begun(3);
    await pauseBackfill(world.backfills, ref);
    const resumedMs = world.clock.now() + hourMs;
    world.at(resumedMs, async () => void (await resumeBackfill(world.backfills, ref)));
    await world.run();
    expect(world.queries.map(({ day }) => day)).toHaveLength(10);
    expect(world.queries[3]?.day).toBe('2026-02-04');
    expect(world.queries[3]?.atMs).toBeGreaterThanOrEqual(resumedMs);
    expect(world.queries[3]?.atMs).toBeLessThanOrEqual(resumedMs + 905_000);
    expect(await onlyBackfill()).toMatchObject({ state: 'done', done: 10, failed: 0 });
  });

  it('that is cancelled ends, and what was exported stays and is delivered', async () => {
    await begun(3);
    await cancelBackfill(world.backfills, ref);
    await world.run();
    expect(world.queries).toHaveLength(3);
    expect(world.delivers()).toHaveLength(3);
    expect(world.deadLetters.sent).toEqual([]);
    expect(await onlyBackfill()).toMatchObject({ state: 'cancelled', next: '2026-02-04', done: 3 });
    expect(world.log.entries.map(({ message }) => message)).toContain('Backfill:Cancelled');
  });

  it('that is cancelled in the middle of a window ends after it', async () => {
    await begun(3);
    const { mixpanel } = world.deps;
    const cancelling = {
      ...mixpanel,
      exportWindow: async (request: Parameters<typeof mixpanel.exportWindow>[0]) => {
        await cancelBackfill(world.backfills, ref);
        return mixpanel.exportWindow(request);
      },
    };
    await world.run({ with: { mixpanel: cancelling } });
    expect(world.delivers()).toHaveLength(4);
    expect(await onlyBackfill()).toMatchObject({ state: 'cancelled', next: '2026-02-05', done: 4 });
  });

  it('that is cancelled while it is paused ends without another window', async () => {
    await begun(3);
    await pauseBackfill(world.backfills, ref);
    await cancelBackfill(world.backfills, ref);
    await world.run();
    expect(world.queries).toHaveLength(3);
    expect(world.windowQueue.bodies()).toEqual([]);
  });

  it('is not asked to go on twice when another copy of its message was faster', async () => {
    world = await createExportWorkWorld();
    const received = {
      body: JSON.stringify(range),
      receiptHandle: 'r',
      receiveCount: 1,
      request: ref.request,
      deferrals: 0,
    };
    const deadline = { signal: new AbortController().signal, remainingMs: () => 880_000 };
    const { mixpanel } = world.deps;
    const outrun = {
      ...mixpanel,
      exportWindow: async (asked: Parameters<typeof mixpanel.exportWindow>[0]) => {
        await createExportWork(world.deps).handle(received, deadline);
        return mixpanel.exportWindow(asked);
      },
    };
    await createExportWork({ ...world.deps, mixpanel: outrun }).handle(received, deadline);
    expect(world.windowQueue.bodies()).toEqual([JSON.stringify({ ...range, from: '2026-02-02' })]);
  });

  it('that has ended can be neither resumed nor paused, and says so', async () => {
    await begun(1);
    await cancelBackfill(world.backfills, ref);
    await world.run();
    await expect(resumeBackfill(world.backfills, ref)).rejects.toMatchObject({ code: 'backfill_ended' });
    await expect(pauseBackfill(world.backfills, ref)).rejects.toThrow(/it is "cancelled"/);
    const unknown = pauseBackfill(world.backfills, { source, request: 'none' });
    await expect(unknown).rejects.toMatchObject({ code: 'backfill_missing' });
  });

  it('stays paused when an operator puts back a record that is out of date', async () => {
    await begun(2);
    const key = 'state/source=shop/backfills/backfill-1.json';
    const record = world.objects.objects.get(key)?.toString() ?? '';
    await world.run({ until: () => world.queries.length >= 5 });
    await world.objects.put(key, record.replace('"running"', '"paused"'));
    const pausedMs = world.clock.now();
    await world.run({ until: () => world.clock.now() > pausedMs + hourMs });
    expect(world.queries).toHaveLength(5);
    await resumeBackfill(world.backfills, ref);
    await world.run();
    expect(world.queries).toHaveLength(10);
    expect(await onlyBackfill()).toMatchObject({ state: 'done', done: 10, failed: 0 });
  });

  it('is listed beside the others of its source, the newest first', async () => {
    await begun(10);
    await world.run();
    await world.windowQueue.send(
      { from: '2026-01-01', to: '2026-01-02' },
      { attributes: { request: 'two' } },
    );
    await world.run();
    const listed = await listBackfills(world.backfills, source);
    expect(listed.map(({ request }) => request)).toEqual(['two', 'backfill-1']);
  });
});
