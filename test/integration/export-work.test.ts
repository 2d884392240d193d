import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../functions/shared/errors.ts';
import { createExportWorkWorld, type ExportWorkWorld, source } from '../support/export-work-world.ts';

let world: ExportWorkWorld;
afterEach(() => world.close());

const day = '2026-03-01';
const hourMs = 3_600_000;

/** The reason and code of each dead letter, by its body. */
function deadLetters() {
  return world.deadLetters.sent.map(({ body, attributes }) => ({ body, code: attributes.code }));
}

describe('a window message', () => {
  it('leads to one complete run and to its delivery', async () => {
    world = await createExportWorkWorld();
    await world.windowQueue.send({ date: day, reason: 'late events' });
    await world.run();
    const [run, ...others] = world.completeRuns(day);
    expect(others).toEqual([]);
    expect(world.delivers()).toMatchObject([{ date: day, run, reason: 'late events', reload: false }]);
    expect((await world.ledger(day)).exported?.run).toBe(run);
    expect(world.metrics.counted).toEqual(['WindowsExported']);
  });

  it('that is delivered again does not export again, but asks for delivery again', async () => {
    world = await createExportWorkWorld();
    const attributes = { request: 'one' };
    await world.windowQueue.send({ date: day }, { attributes });
    await world.run();
    await world.windowQueue.send({ date: day }, { attributes });
    await world.run();
    expect(world.queries).toHaveLength(1);
    expect(world.delivers().map(({ run }) => run)).toEqual([
      world.completeRuns(day)[0],
      world.completeRuns(day)[0],
    ]);
  });

  it('twice at once ends with the newest run in the ledger', async () => {
    world = await createExportWorkWorld();
    await world.windowQueue.send({ date: day });
    await world.windowQueue.send({ date: day });
    await world.run();
    const runs = world.completeRuns(day);
    expect(runs).toHaveLength(2);
    expect((await world.ledger(day)).exported?.run).toBe(runs.at(-1));
    expect(world.delivers().map(({ run }) => run)).toContain(runs.at(-1));
  });

  it.each([
    [{ date: '2026-03-11' }, 'a window that has begun nowhere'],
    [{ date: '2010-12-31' }, 'a window before there was any data'],
    [{ from: '2026-03-01', to: '2026-03-11' }, 'a range that ends in the future'],
    [{ from: '2010-12-31', to: '2026-03-01' }, 'a range that begins too early'],
    [{ from: '2026-03-02', to: '2026-03-01' }, 'a range that ends before it begins'],
    [{ date: day, extra: 1 }, 'an unknown key'],
  ])('%j is refused: %s', async (body, _why) => {
    world = await createExportWorkWorld();
    await world.windowQueue.send(body);
    await world.run();
    expect(deadLetters()).toEqual([{ body: JSON.stringify(body), code: 'config_invalid' }]);
    expect(world.queries).toEqual([]);
  });

  it('for a reload is delivered from the newest run, without a query', async () => {
    world = await createExportWorkWorld();
    await world.windowQueue.send({ date: day });
    await world.run();
    await world.windowQueue.send({ date: day });
    await world.run();
    await world.windowQueue.send({ date: day, reload: true });
    await world.run();
    expect(world.queries).toHaveLength(2);
    expect(world.delivers().at(-1)).toMatchObject({ run: world.completeRuns(day)[1], reload: true });
  });

  it('for a reload of a window that has no run is given up, with what to do', async () => {
    world = await createExportWorkWorld();
    await world.windowQueue.send({ date: day, reload: true });
    await world.run();
    expect(deadLetters()).toEqual([
      { body: JSON.stringify({ date: day, reload: true }), code: 'run_missing' },
    ]);
    expect(world.deadLetters.sent[0]?.attributes.reason).toMatch(/export the window instead/);
  });
});

describe('a window whose day has not begun for Mixpanel', () => {
  /** Auckland is ahead of UTC, where Mixpanel reads the dates of this project. */
  const startMs = Date.UTC(2026, 2, 9, 12);

  it('is refused where it is known in which zone Mixpanel reads dates', async () => {
    world = await createExportWorkWorld({ startMs });
    await world.windowQueue.send({ date: '2026-03-10' });
    await world.windowQueue.send({ from: '2026-03-08', to: '2026-03-10' });
    await world.run();
    expect(world.queries).toEqual([]);
    expect(deadLetters().map(({ code }) => code)).toEqual(['config_invalid', 'config_invalid']);
    expect(world.deadLetters.sent[0]?.attributes.reason).toContain(
      'the last window that has begun in UTC is 2026-03-09',
    );
  });

  it('waits until it has begun in either zone while it is not known how the project stores time', async () => {
    const mixpanel = { timezone: 'America/Los_Angeles', timestamps: 'auto' };
    world = await createExportWorkWorld({ startMs: Date.UTC(2026, 2, 10), source: { mixpanel } });
    await world.windowQueue.send({ date: '2026-03-10' });
    await world.run({ until: () => world.queries.length > 0 });
    expect(world.queries[0]?.atMs).toBeGreaterThanOrEqual(Date.UTC(2026, 2, 10, 7));
  });

  it('waits too where only Mixpanel knows better', async () => {
    const behind = 6 * hourMs;
    const now = { ms: startMs };
    world = await createExportWorkWorld({
      startMs: Date.UTC(2026, 2, 10, 0, 30),
      mixpanel: { clock: () => now.ms },
    });
    world.at(Date.UTC(2026, 2, 10, 1), () => {
      now.ms = startMs + 2 * behind;
    });
    await world.windowQueue.send({ date: '2026-03-10' });
    await world.run();
    expect(world.deadLetters.sent).toEqual([]);
    expect(world.completeRuns('2026-03-10')).toHaveLength(1);
    expect(world.windowQueue.maxReceives()).toBe(1);
  });
});

describe('a refused credential', () => {
  it('names account and secret, burns no retries, and is counted', async () => {
    world = await createExportWorkWorld({
      mixpanel: { accounts: [{ username: 'somebody-else', secret: 'x' }] },
    });
    await world.windowQueue.send({ date: day });
    await world.run();
    expect(deadLetters()).toEqual([{ body: JSON.stringify({ date: day }), code: 'mixpanel_auth' }]);
    const reason = world.deadLetters.sent[0]?.attributes.reason ?? '';
    expect(reason).toContain('"local.000000.mp-service-account" in secret Stack/shop/mixpanel');
    expect(reason).not.toContain('a-secret-of-some-length');
    expect(world.windowQueue.maxReceives()).toBe(1);
    expect(world.queries).toHaveLength(1);
    expect(world.metrics.counted).toEqual(['DeadLetters', 'CredentialsRefused']);
  });
});

describe('a secret', () => {
  it('that is not filled is named before any query is spent', async () => {
    world = await createExportWorkWorld();
    const unfilled = new ConfigError('reading the secret Stack/shop/mixpanel', ['username: must be filled']);
    const mixpanel = { ...world.deps.mixpanel, ready: () => Promise.reject(unfilled) };
    await world.windowQueue.send({ date: day });
    await world.run({ with: { mixpanel } });
    expect(deadLetters()).toEqual([{ body: JSON.stringify({ date: day }), code: 'config_invalid' }]);
    expect(world.deadLetters.sent[0]?.attributes.reason).toContain('username: must be filled');
    expect(world.queries).toEqual([]);
    expect([...world.objects.objects.keys()].filter((key) => key.includes('query-budget'))).toEqual([]);
  });
});

describe('a range', () => {
  const range = { from: '2026-02-01', to: '2026-02-10' };
  const ref = { source, request: 'backfill-1' };

  it('gives up one bad window, asking for it alone in the dead letter, and goes on', async () => {
    world = await createExportWorkWorld({
      mixpanel: { faults: [{ kind: 'status', status: 402, day: '2026-02-04', times: 0 }] },
    });
    await world.windowQueue.send({ ...range, reason: 'first load' });
    await world.run();
    expect(deadLetters()).toEqual([
      { body: JSON.stringify({ date: '2026-02-04', reason: 'first load' }), code: 'mixpanel_plan' },
    ]);
    expect(world.delivers()).toHaveLength(9);
    expect(await world.backfills.list(source)).toMatchObject([
      { state: 'done', done: 9, failed: 1, failedWindows: ['2026-02-04'], next: null },
    ]);
  });

  it('is reloaded window by window, without a query', async () => {
    world = await createExportWorkWorld();
    await world.windowQueue.send(range);
    await world.run();
    const queries = world.queries.length;
    await world.windowQueue.send({ ...range, reload: true });
    await world.run();
    expect(world.queries).toHaveLength(queries);
    expect(world.delivers().filter(({ reload }) => reload)).toHaveLength(10);
  });

  it('whose copies are all handled costs hardly more queries than it has windows', async () => {
    world = await createExportWorkWorld({ copies: 3 });
    await world.windowQueue.send(range, { attributes: { request: ref.request } });
    await world.run();
    expect(world.delivers().map(({ date }) => date)).toContain('2026-02-10');
    expect(await world.backfills.list(source)).toMatchObject([{ state: 'done', done: 10, failed: 0 }]);
    // Two copies may be at one window at the same moment, never more.
    expect(world.queries.length).toBeLessThanOrEqual(20);
  });

  it('whose record was edited into nonsense is given up as a whole, and goes on once that is mended', async () => {
    world = await createExportWorkWorld();
    await world.windowQueue.send(range, { attributes: { request: ref.request } });
    await world.run({ until: () => world.queries.length === 4 });
    const key = 'state/source=shop/backfills/backfill-1.json';
    const record = world.objects.objects.get(key)?.toString() ?? '';
    await world.objects.put(key, record.replace('"running"', '"halted"'));
    await world.run();
    expect(world.deadLetters.sent).toMatchObject([
      { attributes: { code: 'backfill_unreadable', request: ref.request } },
    ]);
    await world.objects.put(key, record);
    const [letter] = world.deadLetters.sent.splice(0);
    await world.windowQueue.send(letter?.body, { attributes: { request: ref.request } });
    await world.run();
    expect(world.deadLetters.sent).toEqual([]);
    expect(await world.backfills.list(source)).toMatchObject([{ state: 'done', done: 10, failed: 0 }]);
    expect(world.queries).toHaveLength(10);
  });
});
