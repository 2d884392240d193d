import type { SourceReport } from '../../bin/report/report-data.ts';
import type { WindowState } from '../../functions/shared/ledger.ts';
import { sourceSchema } from '../../functions/shared/source-settings.ts';
import { windowsBetween } from '../../functions/shared/window.ts';
import { digestOf } from '../../functions/shared/window-digest.ts';
import { aDelivery, aLedger } from './ledgers.ts';

/** A name and a reason that would be tags and scripts, if they were not text. */
export const hostileName = '<script>alert(1)</script>&"\'';

/** What a source's page is made from: three months with every kind of day, rejections, drift, a backfill. */
export function aReport(): SourceReport {
  const dates = windowsBetween('2026-01-05', '2026-03-30');
  const windows = dates.map((date, index) => digestOf(ledgerOf(date, index)));
  const settings = sourceSchema.parse({
    id: 'shop',
    mixpanel: { projectId: 7, timezone: 'Europe/Madrid' },
    platform: { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: '65f0', schemaId: 's', tenant: 'acme' },
  });
  return {
    status: {
      settings,
      windows,
      unreadable: [],
      findings: [],
      attention: [
        {
          date: '2026-03-12',
          kind: 'failed',
          since: '2026-03-13T03:40:00.000Z',
          why: `HTTP 402: ${hostileName}`,
        },
        {
          date: '2026-03-31',
          kind: 'missing',
          since: '2026-04-01T03:30:00.000Z',
          why: 'nothing was exported',
        },
      ],
      running: windows.filter(({ summary }) => summary.state === 'loading'),
      queues: { windows: 3, loads: 1 },
      deadLetters: { count: 0, letters: [] },
      backfills: [],
      budget: { used: 12, left: 38, blockedUntilMs: undefined },
      batches: { used: 9, dailyBudget: 60, backfillUpTo: 54 },
      reconciled: { whole: null, differences: [] },
      schedule: {
        lastMs: Date.parse('2026-03-31T01:30:00Z'),
        nextMs: Date.parse('2026-04-01T01:30:00Z'),
        nextDays: ['2026-03-31', '2026-03-30'],
      },
      rejections: [],
      secrets: { mixpanel: 'MixpanelConnector/shop/mixpanel', platform: 'MixpanelConnector/shop/platform' },
      bucket: 'archive',
      configFile: 'connector.config.json',
      mappingFile: 'mappings/default.json',
    },
    drift: [
      {
        date: '2026-03-29',
        drift: {
          since: { date: '2026-03-28', run: 'r1' },
          appeared: ['checkout_step', hostileName],
          vanished: ['legacy_id'],
          changed: [{ name: 'price', from: ['number'], to: ['number', 'string'] }],
        },
      },
    ],
    rejections: [
      {
        date: '2026-03-20',
        rejected: 400,
        reasons: [{ count: 400, path: 'timestamp', reason: 'required, and there is none' }],
      },
    ],
    unreadable: [],
  };
}

function ledgerOf(date: string, index: number) {
  const state: WindowState =
    date === '2026-03-12'
      ? 'failed'
      : date === '2026-03-30'
        ? 'loading'
        : index % 9 === 0
          ? 'empty'
          : 'delivered';
  const accepted = state === 'delivered' ? 900_000 + Math.round(400_000 * Math.sin(index / 4)) : 0;
  const rejected = date === '2026-03-20' ? 40_000 : 0;
  return aLedger(date, {
    state,
    error: state === 'failed' ? 'HTTP 402' : null,
    deliveries: [aDelivery({ received: accepted + rejected, mapped: accepted, accepted, rejected })],
  });
}
