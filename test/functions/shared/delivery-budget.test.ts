import { describe, expect, it } from 'vitest';
import { createDeliveryBudget } from '../../../functions/shared/delivery-budget.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';

const minute = 60_000;
const hour = 61 * minute;
const day = 24 * 60 * minute + minute;

function budgetsOf(dailyBatchBudget = 10, dailyReserve = 4) {
  const store = createMemoryObjectStore();
  const time = { nowMs: 1_800_000_000_000 };
  const budget = (sandbox = 'O/prod') =>
    createDeliveryBudget(store, {
      sandbox,
      dailyBatchBudget,
      dailyReserve,
      clock: () => time.nowMs,
      random: () => 0,
    });
  return { time, budget };
}

describe('the batches of a sandbox', () => {
  it('let backfill wait when it has had its share of any 24 hours, and say until when', async () => {
    const { time, budget } = budgetsOf();
    const start = time.nowMs;
    for (let n = 0; n < 6; n += 1) {
      await budget().reserveBatch(`b${n}`, 'backfill');
      time.nowMs += minute;
    }
    await expect(budget().reserveBatch('b6', 'backfill')).rejects.toMatchObject({
      code: 'batch_budget_exhausted',
      delayMs: start + day - time.nowMs,
    });
    time.nowMs = start + day;
    await budget().reserveBatch('b6', 'backfill');
    await expect(budget().reserveBatch('b7', 'backfill')).rejects.toThrow();
  });

  it('never let a daily window wait for the day, and let it count against backfill', async () => {
    const { budget } = budgetsOf();
    for (let n = 0; n < 20; n += 1) await budget().reserveBatch(`d${n}`, 'daily');
    await expect(budget().reserveBatch('b', 'backfill')).rejects.toThrow();
  });

  it('are counted once each, however often they are asked for, and apart for each sandbox', async () => {
    const { budget } = budgetsOf();
    for (let n = 0; n < 20; n += 1) await budget().reserveBatch('same', 'backfill');
    for (let n = 0; n < 6; n += 1) await budget('O/dev').reserveBatch(`b${n}`, 'backfill');
    await budget().reserveBatch('another', 'backfill');
  });

  it('are at most 138 in a minute, daily ones too', async () => {
    const { time, budget } = budgetsOf();
    for (let n = 0; n < 138; n += 1) await budget().reserveBatch(`d${n}`, 'daily');
    await expect(budget().reserveBatch('d', 'daily')).rejects.toMatchObject({ delayMs: minute });
    time.nowMs += minute;
    await budget().reserveBatch('d', 'daily');
  });
});

describe('the bytes of a sandbox', () => {
  it('are at most 20 GB in any hour, and wait no longer than they must', async () => {
    const { time, budget } = budgetsOf();
    const start = time.nowMs;
    for (const gigabytes of [8, 8, 4]) {
      await budget().reserveBytes(gigabytes * 1e9);
      time.nowMs += 10 * minute;
    }
    await expect(budget().reserveBytes(1)).rejects.toMatchObject({
      code: 'upload_budget_exhausted',
      delayMs: start + hour - time.nowMs,
    });
    await expect(budget().reserveBytes(9e9)).rejects.toMatchObject({
      delayMs: start + 10 * minute + hour - time.nowMs,
    });
    time.nowMs = start + hour;
    await budget().reserveBytes(8e9);
  });

  it('count what was uploaded beyond the reserve', async () => {
    const { budget } = budgetsOf();
    await budget().reserveBytes(10e9);
    await budget().addBytes(10e9);
    await expect(budget().reserveBytes(1)).rejects.toThrow();
  });
});
