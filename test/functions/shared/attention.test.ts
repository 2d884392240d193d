import { describe, expect, it } from 'vitest';
import { windowsInTrouble } from '../../../functions/shared/attention.ts';
import type { Ledger } from '../../../functions/shared/ledger.ts';
import { sourceSchema } from '../../../functions/shared/source-settings.ts';
import { digestOf } from '../../../functions/shared/window-digest.ts';
import { aDelivery, aLedger } from '../../support/ledgers.ts';

const settingsWith = (schedule: Readonly<Record<string, unknown>>) =>
  sourceSchema.parse({
    id: 'shop',
    mixpanel: { projectId: 1 },
    platform: { orgId: 'o', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 't' },
    schedule: { at: '03:30', lookbackDays: 2, ...schedule },
  });

function troubles(ledgers: readonly Ledger[], now: string, schedule = {}, watchedSince?: string) {
  return windowsInTrouble({
    settings: settingsWith(schedule),
    windows: ledgers.map(digestOf),
    zones: ['UTC'],
    watchedSince,
    nowMs: Date.parse(now),
  }).map(({ date, kind, since }) => `${date} ${kind} ${since}`);
}

const dayOfMarch = (day: number) => `2026-03-${String(day).padStart(2, '0')}`;
/** Windows that the schedule had delivered, each on the day after it. */
const march = (days: readonly number[], changes: Partial<Ledger> = {}) =>
  days.map((day) =>
    aLedger(dayOfMarch(day), {
      deliveries: [aDelivery({ startedAt: `${dayOfMarch(day + 1)}T03:31:05.000Z` })],
      updatedAt: `${dayOfMarch(day + 1)}T03:35:00.000Z`,
      ...changes,
    }),
  );

describe('windows that need somebody', () => {
  it('are none while every window that is due is delivered, unchanged or empty', () => {
    const ledgers = [
      ...march([5]),
      ...march([6], { state: 'unchanged' }),
      ...march([7], { state: 'empty', deliveries: [], activeBatch: null }),
    ];
    expect(troubles(ledgers, '2026-03-08T12:00:00Z')).toEqual([]);
  });

  it('are those that the schedule has asked for and that are not there, with since when', () => {
    expect(troubles(march([5, 6]), '2026-03-08T12:00:00Z')).toEqual([
      '2026-03-07 missing 2026-03-08T03:30:00.000Z',
    ]);
  });

  it('are no windows that are due for less than two hours, or that are not due yet', () => {
    expect(troubles(march([5, 6]), '2026-03-08T05:29:00Z')).toEqual([]);
    expect(troubles(march([5, 6]), '2026-03-08T05:31:00Z')).toHaveLength(1);
    expect(troubles(march([4, 5, 6]), '2026-03-08T03:29:00Z')).toEqual([]);
  });

  it('are gaps long ago, if they lie after the first window that the schedule delivered', () => {
    const backfilled = [aDelivery({ reason: 'first load' })];
    const ledgers = [aLedger('2025-12-01', { deliveries: backfilled }), ...march([1, 2, 4, 5, 6, 7])];
    expect(troubles(ledgers, '2026-03-08T12:00:00Z')).toEqual([
      '2026-03-03 missing 2026-03-04T03:30:00.000Z',
    ]);
  });

  it('are none that the schedule asked for before anything was ever done: the source was not deployed yet', () => {
    const replayed = [aDelivery({ reason: 'first window', startedAt: '2026-03-08T09:00:00.000Z' })];
    const ledgers = march([7], { deliveries: replayed });
    expect(troubles(ledgers, '2026-03-08T12:00:00Z')).toEqual([]);
    // Of the first start after that, all that is due is missed, the look-back too.
    expect(troubles(ledgers, '2026-03-09T05:31:00Z')).toEqual([
      '2026-03-06 missing 2026-03-07T03:30:00.000Z',
      '2026-03-08 missing 2026-03-09T03:30:00.000Z',
    ]);
  });

  it('are all that the first start after the deployment asked for, of a source that has no ledger at all', () => {
    const deployed = '2026-03-07T12:00:00.000Z';
    expect(troubles([], '2026-03-08T03:29:00Z', {}, deployed)).toEqual([]);
    expect(troubles([], '2026-03-08T05:29:00Z', {}, deployed)).toEqual([]);
    expect(troubles([], '2026-03-08T05:31:00Z', {}, deployed)).toEqual([
      '2026-03-05 missing 2026-03-06T03:30:00.000Z',
      '2026-03-06 missing 2026-03-07T03:30:00.000Z',
      '2026-03-07 missing 2026-03-08T03:30:00.000Z',
    ]);
    expect(troubles([], '2026-03-08T05:31:00Z', {}, '2026-03-08T03:31:00.000Z')).toEqual([]);
    expect(troubles([], '2026-03-08T05:31:00Z', { enabled: false }, deployed)).toEqual([]);
  });

  it('are none by schedule where the schedule is off', () => {
    expect(troubles(march([1]), '2026-03-08T12:00:00Z', { enabled: false })).toEqual([]);
  });

  it('are those that failed or were rejected, whoever asked for them, since that happened', () => {
    const failed = aLedger('2020-01-01', {
      state: 'failed',
      deliveries: [],
      error: 'HTTP 401',
      updatedAt: '2026-03-08T01:02:03.000Z',
    });
    expect(troubles([failed, ...march([5, 6, 7])], '2026-03-08T12:00:00Z')).toEqual([
      '2020-01-01 failed 2026-03-08T01:02:03.000Z',
    ]);
  });

  it('are those at work that have not moved for a day', () => {
    const loading = (updatedAt: string) => [
      ...march([5, 6]),
      aLedger('2026-03-07', { state: 'loading', updatedAt }),
    ];
    expect(troubles(loading('2026-03-08T03:40:00.000Z'), '2026-03-09T03:29:00Z')).toEqual([]);
    expect(troubles(loading('2026-03-07T00:00:00.000Z'), '2026-03-09T03:29:00Z')).toEqual([]);
    expect(troubles(loading('2026-03-08T03:20:00.000Z'), '2026-03-09T03:30:00Z')).toContain(
      '2026-03-07 missing 2026-03-08T03:20:00.000Z',
    );
  });
});
