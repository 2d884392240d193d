import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../functions/shared/manifest.ts';
import { type Crash, createCrash, dieAtEveryCall } from '../support/crash.ts';
import { createExportWorkWorld, type ExportWorkWorld, source } from '../support/export-work-world.ts';
import {
  fetchedWhole,
  keptLines,
  manifestOf,
  pretendEarlierRun,
  tooSlowFor,
} from '../support/sliced-export.ts';

let world: ExportWorkWorld;
afterEach(() => world.close());

const date = '2026-03-08';
const request = 'request-1';
/** Some hundred exports each: seconds on a machine with nothing else to do. */
const patienceMs = 240_000;

const mixpanel = { perSecond: 1000, eventsPerDay: 20, duplicates: 0.2 };

/** The window as one query gives it: what every run must come to. */
let whole: Manifest;
beforeAll(async () => {
  world = await createExportWorkWorld({ mixpanel });
  whole = await fetchedWhole(world, date);
  await world.close();
});

interface Scenario {
  readonly copies?: number;
  /** How long an earlier run took: long enough, and the window is planned in slices. */
  readonly earlierMs?: number;
  /** Slices longer than this are too large for the time. */
  readonly hours: number;
}

/** Fetches a window in slices while the process dies at one of its calls. @returns whether there was such a call. */
async function exportWithCrash(crash: Crash, { copies = 1, earlierMs, hours }: Scenario): Promise<boolean> {
  const dying = createCrash(crash);
  world = await createExportWorkWorld({ copies, crash: dying, mixpanel });
  if (earlierMs !== undefined) await pretendEarlierRun(world, date, earlierMs, whole);
  await world.windowQueue.send({ date, reason: 'schedule' }, { attributes: { request } });
  await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, hours) } });
  await requireOneWholeWindow(`dying ${crash.when} call ${crash.at}, ${copies} copies of each message`);
  return dying.fired();
}

async function requireOneWholeWindow(where: string): Promise<void> {
  expect({ dead: world.deadLetters.sent, redriven: world.windowQueue.redriven }, where).toEqual({
    dead: [],
    redriven: [],
  });
  const ledger = await world.ledger(date);
  expect(ledger, where).toMatchObject({ state: 'exported', slicing: null, exported: { request } });
  const manifest = await manifestOf(world, date);
  expect(world.delivers(), where).toContainEqual(expect.objectContaining({ run: manifest.run, request }));
  for (const { run } of world.delivers()) expect(world.completeRuns(date), where).toContain(run);
  expect(manifest, where).toMatchObject({
    contentHash: whole.contentHash,
    records: whole.records,
    duplicates: whole.duplicates,
  });
  expect(await keptLines(world, manifest), where).toHaveLength(whole.records - whole.duplicates);
}

describe('a process that dies while it fetches a window in slices', () => {
  it.each([
    ['before', 1, 2],
    ['after', 1, 1],
    ['after', 2, 5],
  ] as const)(
    '%s one of its calls, with %i copies of each message, makes one whole run of it',
    async (when, copies, step) => {
      const calls = await dieAtEveryCall(
        (at) => exportWithCrash({ at, when }, { copies, hours: 9 }),
        () => world.close(),
        step,
      );
      // Five fetches of some fifteen calls each; far fewer would mean that the crash was not injected.
      expect(calls).toBeGreaterThan(75);
    },
    patienceMs,
  );

  it(
    'makes one whole run of it when slices had to be cut once more, too',
    async () => {
      const calls = await dieAtEveryCall(
        (at) => exportWithCrash({ at, when: 'after' }, { earlierMs: 800_000, hours: 11 }),
        () => world.close(),
        5,
      );
      expect(calls).toBeGreaterThan(150);
    },
    patienceMs,
  );
});

/** Works off a range of two windows in slices while the process dies. @returns whether there was such a call. */
async function workOffWithCrash(crash: Crash): Promise<boolean> {
  const dying = createCrash(crash);
  world = await createExportWorkWorld({ crash: dying, mixpanel });
  const days = ['2026-03-07', date];
  await world.windowQueue.send({ from: days[0], to: days[1] }, { attributes: { request } });
  await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, 9) } });
  const where = `dying ${crash.when} call ${crash.at}`;
  expect({ dead: world.deadLetters.sent, redriven: world.windowQueue.redriven }, where).toEqual({
    dead: [],
    redriven: [],
  });
  for (const day of days) {
    const exported = { request: `${request}/${day}` };
    expect(await world.ledger(day), where).toMatchObject({ state: 'exported', slicing: null, exported });
  }
  const [backfill] = await world.backfills.list(source);
  expect(backfill, where).toMatchObject({ state: 'done', next: null, done: 2, failed: 0 });
  return dying.fired();
}

describe('a process that dies while it works off a range whose windows are in slices', () => {
  it(
    'loses no window and does not go on before one is whole',
    async () => {
      const calls = await dieAtEveryCall(
        (at) => workOffWithCrash({ at, when: at % 2 === 0 ? 'before' : 'after' }),
        () => world.close(),
        7,
      );
      expect(calls).toBeGreaterThan(150);
    },
    patienceMs,
  );
});

describe('one slice that fails', () => {
  it('costs no other slice a query', async () => {
    world = await createExportWorkWorld({
      mixpanel: {
        perSecond: 1000,
        eventsPerDay: 60,
        faults: [{ kind: 'reset', day: date, nth: 4, times: 2 }],
      },
    });
    await world.windowQueue.send({ date });
    await world.run({ with: { mixpanel: tooSlowFor(world.deps.mixpanel, 24) } });
    // The window, its slices, and the one slice twice more.
    const slices = (await world.deps.slicedRuns.readPlan({ source, date }))?.slices.length ?? 0;
    expect(slices).toBeGreaterThan(2);
    expect(world.queries).toHaveLength(1 + slices + 2);
    expect((await manifestOf(world, date)).contentHash).toBe((await fetchedWhole(world, date)).contentHash);
  });
});
