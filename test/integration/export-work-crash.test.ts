import { afterEach, describe, expect, it } from 'vitest';
import { type Crash, createCrash, dieAtEveryCall } from '../support/crash.ts';
import { createExportWorkWorld, type ExportWorkWorld, source } from '../support/export-work-world.ts';

let world: ExportWorkWorld;
afterEach(() => world.close());

const days = ['2026-03-01', '2026-03-02'] as const;
const request = 'backfill-1';

/** Works off a range while the process dies at one of its calls. @returns whether there was such a call. */
async function workOffWithCrash(crash: Crash, copies: number): Promise<boolean> {
  const dying = createCrash(crash);
  world = await createExportWorkWorld({ copies, crash: dying, mixpanel: { perSecond: 100 } });
  await world.windowQueue.send({ from: days[0], to: days[1] }, { attributes: { request } });
  await world.run();
  const where = `dying ${crash.when} call ${crash.at}, ${copies} copies of each message`;
  expect({ dead: world.deadLetters.sent, redriven: world.windowQueue.redriven }, where).toEqual({
    dead: [],
    redriven: [],
  });
  for (const date of days) {
    const ledger = await world.ledger(date);
    const runs = world.completeRuns(date);
    const delivered = world.delivers().filter((message) => message.date === date);
    expect(ledger, where).toMatchObject({ state: 'exported', exported: { request: `${request}/${date}` } });
    expect(runs, where).toContain(ledger.exported?.run);
    expect(delivered, where).toContainEqual(expect.objectContaining({ run: ledger.exported?.run }));
    for (const message of delivered) expect(runs, where).toContain(message.run);
    // A copy that works at the same moment may leave a newer run behind when it dies; alone, the newest is delivered.
    if (copies === 1) expect(ledger.exported?.run, where).toBe(runs.at(-1));
  }
  const [backfill] = await world.backfills.list(source);
  expect(backfill, where).toMatchObject({ state: 'done', next: null, done: 2, failed: 0 });
  return dying.fired();
}

describe('a process that dies while it works off a range', () => {
  it.each([
    ['before', 1],
    ['after', 1],
    ['before', 2],
    ['after', 2],
  ] as const)(
    '%s any one of its calls, with %i copies of each message, loses no window',
    async (when, copies) => {
      const at = await dieAtEveryCall(
        (at) => workOffWithCrash({ at, when }, copies),
        () => world.close(),
      );
      // A window takes some twenty calls; far fewer would mean that the crash was not injected.
      expect(at).toBeGreaterThan(35);
    },
  );
});

/** Exports one window that the schedule asked for, dying at one of the calls. */
async function exportWithCrash(crash: Crash): Promise<boolean> {
  const dying = createCrash(crash);
  world = await createExportWorkWorld({ crash: dying, mixpanel: { perSecond: 100 } });
  await world.windowQueue.send({ date: days[0], reason: 'schedule' });
  await world.run();
  const where = `dying ${crash.when} call ${crash.at}`;
  const runs = world.completeRuns(days[0]);
  expect((await world.ledger(days[0])).exported?.run, where).toBe(runs.at(-1));
  expect(
    world.delivers().map(({ run }) => run),
    where,
  ).toContain(runs.at(-1));
  expect(world.deadLetters.sent, where).toEqual([]);
  // One run, and one more only where the first was complete but its ledger did not know of it yet.
  expect(runs.length, where).toBeLessThanOrEqual(2);
  return dying.fired();
}

describe('a process that dies while it exports a window', () => {
  it.each(['before', 'after'] as const)('%s any one of its calls, delivers its newest run', async (when) => {
    let at = 0;
    while (await exportWithCrash({ at, when })) {
      await world.close();
      at += 1;
    }
    expect(at).toBeGreaterThan(12);
  });
});

/** Asks for a window that can't be exported, and dies while it is given up. */
async function giveUpWithCrash(crash: Crash): Promise<boolean> {
  const dying = createCrash(crash);
  world = await createExportWorkWorld({
    crash: dying,
    mixpanel: { perSecond: 100, faults: [{ kind: 'status', status: 402, day: days[0], times: 0 }] },
  });
  await world.windowQueue.send({ from: days[0], to: days[1] }, { attributes: { request } });
  await world.run();
  const where = `dying ${crash.when} call ${crash.at}`;
  expect(
    world.deadLetters.sent.map(({ body }) => body),
    where,
  ).toContain(JSON.stringify({ date: days[0] }));
  expect((await world.ledger(days[0])).state, where).toBe('failed');
  expect((await world.ledger(days[1])).state, where).toBe('exported');
  const [backfill] = await world.backfills.list(source);
  expect(backfill, where).toMatchObject({ state: 'done', done: 1, failed: 1, failedWindows: [days[0]] });
  return dying.fired();
}

describe('a process that dies while it gives up a window of a range', () => {
  it.each(['before', 'after'] as const)(
    '%s any one of its calls, still leaves its dead letter',
    async (when) => {
      const at = await dieAtEveryCall(
        (at) => giveUpWithCrash({ at, when }),
        () => world.close(),
      );
      expect(at).toBeGreaterThan(30);
    },
  );
});
