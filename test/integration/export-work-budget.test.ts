import { afterEach, describe, expect, it } from 'vitest';
import { planWindows } from '../../functions/plan-windows/plan-windows.ts';
import { estimateBackfillEnd } from '../../functions/shared/backfill.ts';
import { hourlyBackfillQueries } from '../../functions/shared/query-budget.ts';
import { createExportWorkWorld, type ExportWorkWorld, source } from '../support/export-work-world.ts';

/** Mixpanel's real limits, 60 an hour and 3 a second, by a clock that the connector, its queue and the simulator share. */
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Six windows, two at a time and three a second, with the spread of waiting messages. */
const fewMinutesMs = 5 * 60_000;
const startMs = Date.UTC(2026, 2, 8, 20);
/** Ranges of old windows, none of them in the look-back. */
const twoYears = { from: '2024-01-02', to: '2025-12-31', windows: 730 };
const eightMonths = { from: '2025-05-06', to: '2025-12-31', windows: 240 };
type Range = typeof twoYears;

let world: ExportWorkWorld;
afterEach(() => world.close());

/** Windows that the schedule asked for and that were not exported in time. */
const late: string[] = [];

/** Has the schedule start at 03:30 on each of so many days. @param withinMs what counts as in time. */
function scheduleDays(days: number, withinMs: number): void {
  late.length = 0;
  const firstMs = Date.UTC(2026, 2, 9, 3, 30);
  for (let day = 0; day < days; day += 1) {
    const plannedMs = firstMs + day * dayMs;
    let due: readonly string[] = [];
    world.at(plannedMs, async () => {
      due = await planWindows(world.deps);
    });
    world.at(plannedMs + withinMs, async () => {
      for (const date of due) {
        const { exported } = await world.ledger(date);
        if (exported === null || Date.parse(exported.at) < plannedMs) late.push(date);
      }
    });
  }
}

/** The most queries that Mixpanel was asked in any stretch of that length. */
function mostWithin(ms: number): number {
  const times = world.queries.map(({ atMs }) => atMs).sort((one, other) => one - other);
  let first = 0;
  return times.reduce((most, atMs, index) => {
    while ((times[first] ?? 0) <= atMs - ms) first += 1;
    return Math.max(most, index - first + 1);
  }, 0);
}

function refusals(): number {
  return world.queries.filter(({ status }) => status !== 200).length;
}

async function workOff({ from, to, windows }: Range): Promise<void> {
  await world.windowQueue.send({ from, to });
  await world.run();
  expect(world.deadLetters.sent).toEqual([]);
  expect(world.windowQueue.redriven).toEqual([]);
  expect(world.windowQueue.maxReceives()).toBe(1);
  const [backfill] = await world.backfills.list(source);
  expect(backfill).toMatchObject({ state: 'done', next: null, done: windows, failed: 0 });
  const delivered = new Set(world.delivers().map(({ date }) => date));
  expect([...delivered].filter((date) => date >= from && date <= to)).toHaveLength(windows);
}

describe('a backfill of two years beside the daily schedule', () => {
  it('keeps to the budget in every hour, is never refused, and exports the daily windows at once', async () => {
    world = await createExportWorkWorld({ startMs });
    scheduleDays(2, fewMinutesMs);
    await workOff(twoYears);
    expect(late).toEqual([]);
    expect(refusals()).toBe(0);
    expect(world.queries).toHaveLength(730 + 2 * 6);
    expect(mostWithin(hourMs)).toBeLessThanOrEqual(50);
    expect(mostWithin(1000)).toBeLessThanOrEqual(3);
    // 44 windows an hour are left to backfill; waiting a little past each turn must not cost a tenth of them.
    const lastMs = world.queries.filter(({ day }) => day <= twoYears.to).at(-1)?.atMs ?? Infinity;
    expect(lastMs - startMs).toBeLessThan((730 / 44) * hourMs * 1.1);
  });

  it('uses the whole of a small budget and still puts the daily windows first', async () => {
    world = await createExportWorkWorld({ startMs, source: { mixpanel: { hourlyQueryBudget: 12 } } });
    scheduleDays(2, fewMinutesMs);
    await workOff(eightMonths);
    expect(late).toEqual([]);
    expect(mostWithin(hourMs)).toBeLessThanOrEqual(12);
  });

  it('only waits when Mixpanel says 429 for an hour, whether it says how long or not', async () => {
    world = await createExportWorkWorld({ startMs, mixpanel: { retryAfter: 'absent' } });
    scheduleDays(1, hourMs);
    // The schedule starts in the middle of it.
    world.at(Date.UTC(2026, 2, 9, 3), () => {
      world.mixpanel.setFaults([{ kind: 'status', status: 429, times: 0 }]);
    });
    world.at(Date.UTC(2026, 2, 9, 4), () => world.mixpanel.setFaults([]));
    await workOff(eightMonths);
    expect(late).toEqual([]);
    expect(refusals()).toBeGreaterThan(0);
    // 1, 2, 4, 8, 15 … minutes apart, two at a time: an hour of refusals must not use up an hour's queries.
    expect(refusals()).toBeLessThanOrEqual(14);
    expect(mostWithin(hourMs)).toBeLessThanOrEqual(50);
  });

  it('leaves room for others: where they use the project up, it waits and goes on', async () => {
    world = await createExportWorkWorld({ startMs, mixpanel: { hourlyLimit: 20 } });
    await world.windowQueue.send({ from: '2026-01-01', to: '2026-02-09' });
    await world.run();
    expect(world.deadLetters.sent).toEqual([]);
    expect(world.windowQueue.maxReceives()).toBe(1);
    expect(world.delivers()).toHaveLength(40);
    // One refused query for each time that the hour was used up, not one for each window.
    expect(refusals()).toBeLessThanOrEqual(4);
  });
});

describe('the estimated end of a backfill', () => {
  it('is met within a tenth', async () => {
    world = await createExportWorkWorld({ startMs });
    await world.windowQueue.send({ from: '2025-07-01', to: '2025-12-31' });
    await world.run({ until: () => world.queries.length >= 50 });
    const [backfill] = await world.backfills.list(source);
    if (backfill === undefined) throw new Error('no backfill');
    const askedMs = world.clock.now();
    const estimatedMs = estimateBackfillEnd(backfill, hourlyBackfillQueries(world.budgetShares), askedMs);
    await world.run();
    const lastMs = world.queries.at(-1)?.atMs ?? 0;
    expect(lastMs - askedMs).toBeLessThan(1.1 * ((estimatedMs ?? 0) - askedMs));
    expect(lastMs - askedMs).toBeGreaterThan(0.7 * ((estimatedMs ?? 0) - askedMs));
  });
});
