import { afterEach, describe, expect, it } from 'vitest';
import { createExportWork } from '../../functions/export-window/export-work.ts';
import { createSlicedRunStore } from '../../functions/export-window/slices/sliced-run-store.ts';
import { addForgotten } from '../../functions/shared/forgotten.ts';
import type { MixpanelClient } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { personIds, plainId } from '../../functions/shared/person-ids.ts';
import { type ExportWorkWorld, source } from '../support/export-work-world.ts';
import {
  createSlicedWorld,
  exportSlowly,
  fetchedWhole,
  keptLines,
  manifestOf,
  partsInArchive,
  pretendEarlierRun,
  tooSlowFor,
} from '../support/sliced-export.ts';

let world: ExportWorkWorld;
afterEach(() => world.close());

const date = '2026-03-08';
const daySeconds = 86_400;

describe('a window that is too large for the time of one function', () => {
  it('is fetched in slices, by the clock of real functions, and is the same window', async () => {
    world = await createSlicedWorld({
      allowedMs: 1000,
      mixpanel: { rowsPerSecond: 1000, eventsPerDay: 1500, duplicates: 0.1 },
    });
    await world.windowQueue.send({ date });
    await world.run();
    const manifest = await manifestOf(world, date);
    expect(world.deadLetters.sent).toEqual([]);
    expect(world.completeRuns(date)).toEqual([manifest.run]);
    expect(world.queries.length).toBeGreaterThanOrEqual(5);
    expect(manifest.requests).toBeGreaterThanOrEqual(5);
    const whole = await fetchedWhole(world, date);
    expect(manifest).toMatchObject({
      records: whole.records,
      duplicates: whole.duplicates,
      contentHash: whole.contentHash,
      bytes: whole.bytes,
    });
    expect(manifest.duplicates).toBeGreaterThan(100);
    expect(await keptLines(world, manifest)).toHaveLength(whole.records - whole.duplicates);
    expect(world.delivers().map(({ run }) => run)).toEqual([manifest.run]);
    expect(await world.ledger(date)).toMatchObject({ state: 'exported', slicing: null, error: null });
  });

  it('leaves out of each slice those who were forgotten', async () => {
    world = await createSlicedWorld();
    const before = await keptLines(world, await exportSlowly(world, date));
    const idOf = (line: string): unknown => JSON.parse(line).properties.distinct_id;
    const person = String(idOf(before[0] ?? ''));
    const names = (line: string) => personIds(Buffer.from(line)).includes(plainId(person));
    await addForgotten(world.objects, source, [plainId(person)]);
    const after = await exportSlowly(world, date);
    expect(after.parts.length).toBeGreaterThan(1);
    expect(await keptLines(world, after)).toEqual(before.filter((line) => !names(line)));
  });

  it('keeps how it was cut, and is cut so at once the next time', async () => {
    world = await createSlicedWorld();
    const first = await exportSlowly(world, date);
    const plans = createSlicedRunStore(world.objects);
    const plan = await plans.readPlan({ source, date });
    expect(plan?.run).toBe(first.run);
    // As long as slices take by the clock of real functions.
    const timed = plan?.slices.map(({ from, to }) => ({ from, to, ms: 400_000 })) ?? [];
    await plans.keepPlan({ source, date }, { version: 1, source, date, run: first.run, slices: timed });
    const before = world.queries.length;
    await world.windowQueue.send({ date });
    await world.run();
    const next = await plans.readPlan({ source, date });
    const bounds = (of: typeof plan) => of?.slices.map(({ from, to }) => [from, to]);
    expect(next?.run).not.toBe(first.run);
    expect(bounds(next)).toEqual(bounds(plan));
    // No query for the whole: each was for a slice.
    expect(world.queries.length - before).toBe(timed.length);
    expect((await manifestOf(world, date)).contentHash).toBe(first.contentHash);
  });

  it('is planned in slices when an earlier run came near the limit', async () => {
    world = await createSlicedWorld();
    await pretendEarlierRun(world, date, 1_500_000);
    await world.windowQueue.send({ date });
    await world.run();
    const plan = await createSlicedRunStore(world.objects).readPlan({ source, date });
    expect(plan?.slices.map(({ from, to }) => [from, to])).toEqual([
      [null, daySeconds / 4],
      [daySeconds / 4, daySeconds / 2],
      [daySeconds / 2, (3 * daySeconds) / 4],
      [(3 * daySeconds) / 4, null],
    ]);
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });

  it('is measured by its newest run, where that was fetched whole and an older one in slices', async () => {
    world = await createSlicedWorld();
    await pretendEarlierRun(world, date, 1_500_000);
    const plans = createSlicedRunStore(world.objects);
    const small = [
      { from: null, to: 100, ms: 1 },
      { from: 100, to: null, ms: 1 },
    ];
    const older = { version: 1 as const, source, date, run: '20191231T000000000Z-00000000', slices: small };
    await plans.keepPlan({ source, date }, older);
    await world.windowQueue.send({ date });
    await world.run();
    const plan = await plans.readPlan({ source, date });
    expect(plan?.slices).toHaveLength(4);
    // A run that comes to its end late does not take the place of what is known since.
    await plans.keepPlan({ source, date }, older);
    expect(await plans.readPlan({ source, date })).toEqual(plan);
  });

  it('takes the day before for its measure, when nothing is known of it itself', async () => {
    world = await createSlicedWorld();
    await pretendEarlierRun(world, '2026-03-07', 1_500_000);
    await world.windowQueue.send({ date });
    await world.run();
    expect(await createSlicedRunStore(world.objects).readPlan({ source, date })).toMatchObject({ date });
  });

  it.each(['stored', 'utc'] as const)(
    'is whole for a project of before 2023 as well, when filters compare %s time',
    async (whereTime) => {
      const timezone = 'America/Los_Angeles';
      world = await createSlicedWorld({
        mixpanel: { whereTime, projects: [{ projectId: 7, timezone, legacy: true }], duplicates: 0.1 },
        source: { mixpanel: { timezone, timestamps: 'auto' } },
      });
      const manifest = await exportSlowly(world, date);
      expect(manifest).toMatchObject({ timestamps: 'project', timezone });
      const whole = await fetchedWhole(world, date);
      expect(manifest.contentHash).toBe(whole.contentHash);
      expect(manifest.duplicates).toBe(whole.duplicates);
    },
  );

  it('is asked for by the source’s own filter and by the form that the settings name', async () => {
    const where = 'defined(properties["$browser"])';
    world = await createSlicedWorld({ source: { mixpanel: { where, sliceTime: 'property' } } });
    await pretendEarlierRun(world, date, 1_500_000);
    await world.windowQueue.send({ date });
    await world.run();
    const asked = world.mixpanel.requests().map(({ query }) => query.where ?? '');
    expect(asked.slice(1).every((text) => text.startsWith(`(${where}) and `))).toBe(true);
    expect(asked.at(-1)).toContain('properties["$time"] >= datetime(17');
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });

  it('has all of its lines in parts that the manifest names, and no other part in its folder', async () => {
    world = await createSlicedWorld({ copies: 2, limits: { maxPartBytes: 40_000 } });
    const manifest = await exportSlowly(world, date);
    const keys = manifest.parts.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThan(5);
    expect(partsInArchive(world, manifest).toSorted()).toEqual(keys.toSorted());
    expect(await keptLines(world, manifest)).toHaveLength(manifest.records);
  });

  it.each([
    ['repeats', '2025-11-02'],
    ['leaves out', '2026-03-08'],
  ])('is whole for a project of before 2023 on a day that %s an hour, cut in that hour', async (_, day) => {
    const timezone = 'America/Los_Angeles';
    world = await createSlicedWorld({
      mixpanel: { whereTime: 'utc', projects: [{ projectId: 7, timezone, legacy: true }] },
      source: { mixpanel: { timezone, timestamps: 'project' } },
    });
    // In eight: there is a bound at 09:00 UTC, 02:00 or 01:00 by the clocks.
    await pretendEarlierRun(world, day, 3_400_000);
    await world.windowQueue.send({ date: day });
    await world.run();
    expect(world.deadLetters.sent).toEqual([]);
    expect((await manifestOf(world, day)).contentHash).toBe((await fetchedWhole(world, day)).contentHash);
  });

  it('is asked for as it was when it was cut, although the configuration is deployed anew in between', async () => {
    world = await createSlicedWorld({ source: { mixpanel: { where: 'defined(properties["$browser"])' } } });
    await pretendEarlierRun(world, date, 1_500_000);
    const whole = await fetchedWhole(world, date);
    await world.windowQueue.send({ date });
    const first = world.queries.length;
    await world.run({ until: () => world.queries.length > first });
    const { settings } = world.deps;
    const deployed = {
      ...settings,
      mixpanel: { ...settings.mixpanel, where: undefined, events: ['none'], sliceTime: 'property' as const },
    };
    await world.run({ with: { settings: deployed } });
    expect((await manifestOf(world, date)).contentHash).toBe(whole.contentHash);
  });

  it('is not cut where another copy of its message has fetched it whole meanwhile', async () => {
    world = await createSlicedWorld();
    await pretendEarlierRun(world, date, 1_500_000);
    await world.windowQueue.send({ date });
    await world.run({ until: () => world.windowQueue.bodies().some((body) => body.includes('"slice"')) });
    const [message = ''] = world.windowQueue.bodies();
    const received = { body: message, receiptHandle: 'r', receiveCount: 1, request: 'r', deferrals: 0 };
    const deadline = { signal: new AbortController().signal, remainingMs: () => 880_000 };
    const slow = tooSlowFor(world.deps.mixpanel, 0);
    const outrun: MixpanelClient = {
      ready: () => slow.ready(),
      async exportWindow(asked) {
        await createExportWork(world.deps).handle(received, deadline);
        return slow.exportWindow(asked);
      },
    };
    await createExportWork({ ...world.deps, mixpanel: outrun }).handle(received, deadline);
    await world.run();
    expect((await world.deps.slicedRuns.readPlan({ source, date }))?.slices).toHaveLength(4);
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });

  it.each([1, 2, 3])(
    'is the same window on a day when much goes wrong, with two copies of each message (seed %i)',
    async (seed) => {
      world = await createSlicedWorld({
        copies: 2,
        mixpanel: { seed, eventsPerDay: 150, duplicates: 0.2, badDays: { seed, maxPerDay: 12 } },
      });
      const manifest = await exportSlowly(world, date);
      world.mixpanel.setBadDays(undefined);
      const whole = await fetchedWhole(world, date);
      expect(manifest).toMatchObject({ contentHash: whole.contentHash, duplicates: whole.duplicates });
      expect(await keptLines(world, manifest)).toHaveLength(whole.records - whole.duplicates);
      expect(world.deadLetters.sent).toEqual([]);
    },
  );
});
