import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { createSlicedRunStore } from '../../functions/export-window/slices/sliced-run-store.ts';
import { pauseBackfill, resumeBackfill } from '../../functions/shared/backfill-store.ts';
import type { MixpanelClient } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { createExportWorkWorld, type ExportWorkWorld, source } from '../support/export-work-world.ts';
import {
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

async function slicedWorld(options: Parameters<typeof createExportWorkWorld>[0] = {}) {
  world = await createExportWorkWorld({
    ...options,
    mixpanel: { perSecond: 1000, eventsPerDay: 400, ...options.mixpanel },
  });
  return world;
}

/** Exports the window from a Mixpanel that gives no more than a few hours of it in the time there is. */
async function exportSlowly(hours = 7) {
  await world.windowQueue.send({ date });
  await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, hours) } });
  return manifestOf(world, date);
}

/** A Mixpanel that lets everything through where a filter is of this form. */
function deafTo(form: string, client: MixpanelClient): MixpanelClient {
  return {
    ready: () => client.ready(),
    exportWindow: (asked) =>
      client.exportWindow(asked.where?.includes(form) === true ? { ...asked, where: undefined } : asked),
  };
}

describe('a window that is too large for the time of one function', () => {
  it('is fetched in slices, by the clock of real functions, and is the same window', async () => {
    await slicedWorld({
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

  it('keeps how it was cut, and is cut so at once the next time', async () => {
    await slicedWorld();
    const first = await exportSlowly();
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
    await slicedWorld();
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

  it('takes the day before for its measure, when nothing is known of it itself', async () => {
    await slicedWorld();
    await pretendEarlierRun(world, '2026-03-07', 1_500_000);
    await world.windowQueue.send({ date });
    await world.run();
    expect(await createSlicedRunStore(world.objects).readPlan({ source, date })).toMatchObject({ date });
  });

  it.each(['stored', 'utc'] as const)(
    'is whole for a project of before 2023 as well, when filters compare %s time',
    async (whereTime) => {
      const timezone = 'America/Los_Angeles';
      await slicedWorld({
        mixpanel: { whereTime, projects: [{ projectId: 7, timezone, legacy: true }], duplicates: 0.1 },
        source: { mixpanel: { timezone, timestamps: 'auto' } },
      });
      const manifest = await exportSlowly();
      expect(manifest).toMatchObject({ timestamps: 'project', timezone });
      const whole = await fetchedWhole(world, date);
      expect(manifest.contentHash).toBe(whole.contentHash);
      expect(manifest.duplicates).toBe(whole.duplicates);
    },
  );

  it('is asked for by the source’s own filter and by the form that the settings name', async () => {
    const where = 'defined(properties["$browser"])';
    await slicedWorld({ source: { mixpanel: { where, sliceTime: 'property' } } });
    await pretendEarlierRun(world, date, 1_500_000);
    await world.windowQueue.send({ date });
    await world.run();
    const asked = world.mixpanel.requests().map(({ query }) => query.where ?? '');
    expect(asked.slice(1).every((text) => text.startsWith(`(${where}) and `))).toBe(true);
    expect(asked.at(-1)).toContain('properties["$time"] >= datetime(17');
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });

  it('has all of its lines in parts that the manifest names, and no other part in its folder', async () => {
    await slicedWorld({ copies: 2, limits: { maxPartBytes: 40_000 } });
    const manifest = await exportSlowly();
    const keys = manifest.parts.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThan(5);
    expect(partsInArchive(world, manifest).toSorted()).toEqual(keys.toSorted());
    expect(await keptLines(world, manifest)).toHaveLength(manifest.records);
  });

  it('fails, and says what to do, when Mixpanel does not filter by time', async () => {
    await slicedWorld({ mixpanel: { whereTime: 'ignored' } });
    await pretendEarlierRun(world, date, 1_500_000);
    await world.windowQueue.send({ date });
    await world.run();
    expect(world.deadLetters.sent.map(({ attributes }) => attributes.code)).toContain('slice_not_filtered');
    expect(world.completeRuns(date)).toEqual(['20200101T000000000Z-00000000']);
    const ledger = await world.ledger(date);
    expect(ledger.state).toBe('failed');
    expect(ledger.error).toContain('mixpanel.sliceTime');
  });

  it('gives up one slice with a dead letter of its own, which completes the run when it is sent back', async () => {
    await slicedWorld({
      mixpanel: { faults: [{ kind: 'status', status: 402, day: date, nth: 3, times: 1 }] },
    });
    await world.windowQueue.send({ date });
    await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, 7) } });
    const [letter] = world.deadLetters.sent;
    expect((await world.ledger(date)).state).toBe('failed');
    expect(JSON.parse(String(letter?.body))).toMatchObject({ type: 'slice', date });
    const before = world.queries.length;
    await world.windowQueue.send(letter?.body);
    await world.run();
    expect(world.queries.length - before).toBe(1);
    expect(await world.ledger(date)).toMatchObject({ state: 'exported', error: null });
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });

  it('is given up for what it is when all of its events are of one second', async () => {
    const line = (id: number) =>
      JSON.stringify({
        event: 'Batch',
        properties: { time: Date.parse(`${date}T00:00:00Z`), $insert_id: `${id}` },
      });
    await slicedWorld();
    const mixpanel = tooSlowFor(
      {
        ready: async () => {},
        exportWindow: async () => ({
          body: Readable.from([Buffer.from(`${line(1)}\n${line(2)}\n${line(3)}\n`)]),
          contentEncoding: undefined,
          framed: true,
          requests: 1,
          credential: 'serviceAccount',
        }),
      },
      7,
    );
    await world.windowQueue.send({ date });
    await world.run({ with: { mixpanel } });
    expect(world.deadLetters.sent.map(({ attributes }) => attributes.code)).toEqual(['window_too_large']);
  });

  it.each([
    ['repeats', '2025-11-02'],
    ['leaves out', '2026-03-08'],
  ])('is whole for a project of before 2023 on a day that %s an hour, cut in that hour', async (_, day) => {
    const timezone = 'America/Los_Angeles';
    await slicedWorld({
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
    await slicedWorld({ source: { mixpanel: { where: 'defined(properties["$browser"])' } } });
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

  it('that can not be whole as it is asked for, is asked for anew by its dead letters once that is mended', async () => {
    await slicedWorld();
    await pretendEarlierRun(world, date, 3_400_000);
    const mixpanel = deafTo('event["$time"]', world.deps.mixpanel);
    await world.windowQueue.send({ date, reason: 'first load' });
    await world.run({ with: { mixpanel } });
    const letters = world.deadLetters.sent.splice(0);
    // Two functions may find it out at the same moment; the other six slices are left alone.
    expect(letters.length).toBeLessThanOrEqual(2);
    expect(world.log.entries.map(({ message }) => message)).toContain('Export:Run:Hopeless');
    expect(letters[0]).toMatchObject({
      body: JSON.stringify({ date, reason: 'first load' }),
      attributes: { code: 'slice_not_filtered' },
    });
    const { settings } = world.deps;
    const mended = { ...settings, mixpanel: { ...settings.mixpanel, sliceTime: 'property' as const } };
    await world.windowQueue.send(letters[0]?.body);
    await world.run({ with: { mixpanel, settings: mended } });
    expect(world.deadLetters.sent).toEqual([]);
    expect(await world.ledger(date)).toMatchObject({ state: 'exported', error: null, slicing: null });
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });

  it('holds its range back until it is whole, so that the range can be paused and has come as far as it says', async () => {
    await slicedWorld();
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
    await slicedWorld({
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
    await slicedWorld();
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
    await slicedWorld();
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

describe('the message of a slice that somebody sends by hand', () => {
  const run = '20260309T040000000Z-00000000';

  it.each([
    [{ version: 1, type: 'slice', date, run, slice: '0' }, 'run_missing', { date }],
    [{ version: 1, type: 'slice', date, run: '../other', slice: '0' }, 'config_invalid', undefined],
    [{ version: 1, type: 'slice', date, run, slice: '-' }, 'config_invalid', undefined],
    [{ version: 2, type: 'slice', date, run, slice: '0' }, 'config_invalid', undefined],
    [{ version: 1, type: 'slice', date: '2999-01-01', run, slice: '0' }, 'config_invalid', undefined],
  ])(
    'spends no query and is given up with its reason where it names nothing: %j',
    async (body, code, asked) => {
      await slicedWorld();
      await world.windowQueue.send(body);
      await world.run();
      expect(world.queries).toEqual([]);
      expect(world.deadLetters.sent).toMatchObject([
        { body: JSON.stringify(asked ?? body), attributes: { code } },
      ]);
      expect(world.completeRuns(date)).toEqual([]);
    },
  );

  it('changes nothing where it names a slice that is done, or one that never was', async () => {
    await slicedWorld();
    const manifest = await exportSlowly();
    const before = world.queries.length;
    for (const slice of ['0', '99', '0-7']) {
      await world.windowQueue.send({ version: 1, type: 'slice', date, run: manifest.run, slice });
    }
    await world.run();
    expect(world.queries.length).toBe(before);
    expect(await manifestOf(world, date)).toEqual(manifest);
    expect(world.deadLetters.sent).toEqual([]);
  });
});
