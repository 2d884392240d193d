import { describe, expect, it } from 'vitest';
import { createQueryBudget, projectDailyWindows } from '../../../functions/shared/query-budget.ts';
import { sourceSchema } from '../../../functions/shared/source-settings.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';

/** An hour, and the half minute that a query may take to reach Mixpanel. */
const hour = 3_630_000;

function budgetAt(hourlyQueryBudget: number, dailyReserve = 2) {
  const store = createMemoryObjectStore();
  const time = { nowMs: 1_800_000_000_000 };
  const budget = createQueryBudget(store, {
    projectId: '7',
    hourlyQueryBudget,
    dailyReserve,
    clock: () => time.nowMs,
    random: () => 0,
  });
  return { store, time, budget };
}

async function reserveAll(
  budget: ReturnType<typeof budgetAt>['budget'],
  time: { nowMs: number },
  kind: 'daily' | 'backfill',
) {
  let granted = 0;
  for (;;) {
    try {
      await budget.reserve(kind);
      granted += 1;
      time.nowMs += 700;
    } catch {
      return granted;
    }
  }
}

describe('the query budget', () => {
  it('grants no more queries an hour than configured, and says when the next one may be made', async () => {
    const { budget, time } = budgetAt(10);
    const startMs = time.nowMs;
    expect(await reserveAll(budget, time, 'daily')).toBe(10);
    await expect(budget.reserve('daily')).rejects.toMatchObject({
      code: 'budget_exhausted',
      delayMs: startMs + hour - time.nowMs,
    });
    time.nowMs = startMs + hour;
    await budget.reserve('daily');
  });

  it('grants at most three queries in two seconds', async () => {
    const { budget } = budgetAt(50);
    for (let query = 0; query < 3; query += 1) await budget.reserve('daily');
    await expect(budget.reserve('daily')).rejects.toMatchObject({ delayMs: 2000 });
  });

  it('keeps queries back from backfill for the daily windows', async () => {
    const { budget, time } = budgetAt(10, 6);
    expect(await reserveAll(budget, time, 'backfill')).toBe(4);
    expect(await reserveAll(budget, time, 'daily')).toBe(6);
  });

  it('lets a backfill go on even where the daily windows could use the whole budget', async () => {
    const { budget, time } = budgetAt(3, 6);
    expect(await reserveAll(budget, time, 'backfill')).toBe(1);
  });

  it('holds every query back for as long as Mixpanel asked for', async () => {
    const { budget, time } = budgetAt(10);
    await budget.block(90_000);
    await expect(budget.reserve('daily')).rejects.toMatchObject({ delayMs: 90_000 });
    time.nowMs += 90_000;
    await budget.reserve('daily');
  });

  it('waits twice as long each time that it is refused again, up to a quarter of an hour', async () => {
    const { budget, time } = budgetAt(50);
    const pauses: number[] = [];
    for (let refusal = 0; refusal < 7; refusal += 1) {
      const pauseMs = await budget.block(undefined);
      pauses.push(pauseMs / 60_000);
      time.nowMs += pauseMs + 1000;
      await budget.reserve('daily');
    }
    expect(pauses).toEqual([1, 2, 4, 8, 15, 15, 15]);
    time.nowMs += hour;
    expect(await budget.block(undefined)).toBe(60_000);
  });

  it('takes refusals at the same moment for one, and a longer pause that Mixpanel asks for at its word', async () => {
    const { budget } = budgetAt(50);
    expect(await budget.block(undefined)).toBe(60_000);
    expect(await budget.block(undefined)).toBe(60_000);
    expect(await budget.block(3_600_000)).toBe(3_600_000);
    expect(await budget.block(1000)).toBe(3_600_000);
  });

  it('is one budget for all functions of a project', async () => {
    const { store, time, budget } = budgetAt(4);
    const options = {
      projectId: '7',
      hourlyQueryBudget: 4,
      dailyReserve: 0,
      clock: () => time.nowMs,
      random: () => 0,
    };
    const other = createQueryBudget(store, options);
    await Promise.all([budget.reserve('daily'), other.reserve('daily'), other.reserve('daily')]);
    time.nowMs += 2000;
    await budget.reserve('daily');
    await expect(other.reserve('daily')).rejects.toMatchObject({ code: 'budget_exhausted' });
  });

  it("keeps queries back for the daily windows of all the project's sources, and of no other", () => {
    const sources = [
      sourceOf('a', { projectId: 7, lookbackDays: 5 }),
      sourceOf('b', { projectId: '7', lookbackDays: 2 }),
      sourceOf('c', { projectId: 8, lookbackDays: 30 }),
      sourceOf('d', { projectId: 7, lookbackDays: 9, enabled: false }),
    ];
    expect(sources.map((source) => projectDailyWindows(sources, source))).toEqual([9, 9, 31, 9]);
  });

  it("lets one source's backfill leave the windows of the project's other source alone", async () => {
    const { store, time } = budgetAt(10);
    const shares = { projectId: '7', hourlyQueryBudget: 10, clock: () => time.nowMs, random: () => 0 };
    const sources = [sourceOf('a', { projectId: 7 }), sourceOf('b', { projectId: 7, lookbackDays: 1 })];
    const [backfilled, daily] = sources.map((source) =>
      createQueryBudget(store, { ...shares, dailyReserve: projectDailyWindows(sources, source) }),
    );
    for (let query = 0; query < 2; query += 1) {
      await backfilled?.reserve('backfill');
      time.nowMs += 2000;
    }
    await expect(backfilled?.reserve('backfill')).rejects.toMatchObject({ code: 'budget_exhausted' });
    for (let query = 0; query < 8; query += 1) {
      await daily?.reserve('daily');
      time.nowMs += 2000;
    }
    await expect(daily?.reserve('daily')).rejects.toMatchObject({ code: 'budget_exhausted' });
  });
});

function sourceOf(
  id: string,
  changed: { projectId: number | string; lookbackDays?: number; enabled?: boolean },
) {
  const { projectId, lookbackDays = 5, enabled = true } = changed;
  return sourceSchema.parse({
    id,
    mixpanel: { projectId },
    schedule: { lookbackDays, enabled },
    platform: { orgId: 'O@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 't' },
  });
}
