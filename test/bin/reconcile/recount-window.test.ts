import { beforeEach, expect, it } from 'vitest';
import type { Reconciliation } from '../../../bin/reconcile/reconciliation.ts';
import type { Recount } from '../../../bin/reconcile/recount.ts';
import { recountDifferences } from '../../../bin/reconcile/recount.ts';
import { type RecountDeps, recountWindow } from '../../../bin/reconcile/recount-window.ts';
import { createLedgerStore } from '../../../functions/shared/ledger-store.ts';
import { createQueryBudget } from '../../../functions/shared/query-budget.ts';
import { answering, eventLine, exportWorld } from '../../functions/export-window/export-world.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';

const date = '2026-03-08';
const run = '20260309T040000000Z-00000001';
const window = { source: 'shop', date };
const nowMs = Date.UTC(2026, 2, 10, 12);
const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => `${eventLine({ $insert_id: String(index) })}\n`).join('');

let store: MemoryObjectStore;
let queries: number;
let progress: string[];
beforeEach(async () => {
  store = createMemoryObjectStore();
  queries = 0;
  progress = [];
  const exported = { run, request: 'r', at: new Date(nowMs).toISOString() };
  await createLedgerStore(store, () => nowMs).update(window, (ledger) => ({
    ...ledger,
    state: 'empty',
    exported,
  }));
});

/** A Mixpanel with so many events; `meanwhile` happens while they come. */
function deps(
  events: number,
  changed: { meanwhile?: () => Promise<unknown>; lookbackDays?: number } = {},
): RecountDeps {
  const { settings } = exportWorld('http://127.0.0.1:1');
  const schedule = { ...settings.schedule, lookbackDays: changed.lookbackDays ?? 5 };
  return {
    settings: { ...settings, schedule },
    store,
    clock: () => nowMs,
    progress: {
      bar: (done, all, what) => void progress.push(`${done} of ${all} ${what}`),
      text: (text) => void progress.push(text),
      clear() {},
    },
    mixpanel: {
      budget: createQueryBudget(store, { ...settings.mixpanel, dailyReserve: 6, clock: () => nowMs }),
      readPrivacyKey: async () => undefined,
      client: {
        ready: async () => {},
        async exportWindow(request) {
          queries += 1;
          await changed.meanwhile?.();
          return answering(lines(events)).exportWindow(request);
        },
      },
    },
  };
}

/** What is known of a window whose newest run had so many records. */
function found(records: number): Reconciliation {
  const contentHash = '0'.repeat(64);
  const completedAt = new Date(nowMs).toISOString();
  return {
    date,
    checkedAt: completedAt,
    exported: { run, completedAt, records, duplicates: 0, contentHash },
    delivered: null,
    platform: null,
    isPending: false,
    differences: [],
  };
}

const texts = (recount: Recount) => recountDifferences(recount).map(({ text }) => text);

it('names the look-back that exports the window again', async () => {
  const recount = await recountWindow(deps(3), found(2));
  expect(recount).toMatchObject({ received: 3, isSame: false, lookbackAt: '2026-03-11T03:30:00.000Z' });
  expect(texts(recount)).toEqual([
    `Mixpanel has 1 event more than run ${run} of 2026-03-09 04:00Z, duplicates left out; the look-back exports the window again at 2026-03-11 03:30Z`,
  ]);
});

it('says so where the window is too old for it, and where events are gone', async () => {
  const recount = await recountWindow(deps(3, { lookbackDays: 1 }), found(5));
  expect(recount).toMatchObject({ lookbackAt: null });
  expect(texts(recount)).toEqual([
    `Mixpanel has 2 events fewer than run ${run} of 2026-03-09 04:00Z, duplicates left out; no look-back exports the window again`,
  ]);
});

it('asks for no day that is too large for one machine', async () => {
  const recount = await recountWindow(deps(3), found(100_000_001));
  expect(recount).toMatchObject({
    kind: 'skipped',
    why: expect.stringContaining(
      'the day has 100,000,001 events, and from here 100,000,000 are counted at most',
    ),
  });
  expect(queries).toBe(0);
});

it('says nothing of a window that got another run while its events came', async () => {
  const meanwhile = () =>
    createLedgerStore(store, () => nowMs).update(window, (ledger) => ({
      ...ledger,
      exported: ledger.exported && { ...ledger.exported, run: `${run}-later` },
    }));
  const recount = await recountWindow(deps(3, { meanwhile }), found(2));
  expect(recount).toMatchObject({
    kind: 'skipped',
    why: expect.stringContaining('exported or delivered again while its events were counted'),
  });
});

it('tells on its way how many events it has counted', async () => {
  await recountWindow(deps(20_005), found(20_000));
  expect(progress).toEqual([
    `asking Mixpanel for ${date} …`,
    `10000 of 20000 events of ${date} counted`,
    `20000 of 20000 events of ${date} counted`,
  ]);
});
