import { expect, it } from 'vitest';
import { type WatchDeps, watchHourly } from '../../../functions/plan-windows/watch-source.ts';
import { ledgerKey, sourceWatchKey } from '../../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../../functions/shared/object-store.ts';
import { sourceSchema } from '../../../functions/shared/source-settings.ts';
import { archiveRights } from '../../../lib/archive-rights.ts';
import { allowedStore } from '../../support/allowed-store.ts';
import { aDelivery, aLedger } from '../../support/ledgers.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';
import { createRecordedMetrics } from '../../support/recorded-metrics.ts';

const settings = sourceSchema.parse({
  id: 'shop',
  mixpanel: { projectId: 7 },
  schedule: { lookbackDays: 0 },
  platform: { orgId: 'o@AdobeOrg', sandbox: 'prod', datasetId: 'd', schemaId: 's', tenant: 'acme' },
});
const watchKey = sourceWatchKey('shop');

/** One look at noon, with a window delivered and the next one missing. */
async function lookInto(change: (store: ObjectStore) => Partial<ObjectStore>) {
  const memory = createMemoryObjectStore();
  const delivered = aLedger('2026-03-07', {
    deliveries: [aDelivery({ startedAt: '2026-03-08T03:31:05.000Z' })],
  });
  await memory.put(ledgerKey({ source: 'shop', date: '2026-03-07' }), JSON.stringify(delivered));
  const log = createRecordedLog();
  const metrics = createRecordedMetrics();
  const deps: WatchDeps = {
    settings,
    store: allowedStore({ ...memory, ...change(memory) }, archiveRights(settings).planWindows),
    credentials: { refresh: () => Promise.reject(new Error('nobody asks for it')) },
    secretId: 's',
    clock: () => Date.parse('2026-03-09T12:00:00Z'),
    log,
    metrics,
  };
  await watchHourly(deps);
  return { log, metrics, memory };
}

it('measures what needs somebody though its record of looks cannot be written, and warns of that', async () => {
  const { log, metrics } = await lookInto((memory) => ({
    put: (key, ...rest) =>
      key === watchKey ? Promise.reject(new Error('AccessDenied')) : memory.put(key, ...rest),
  }));
  expect(metrics.lines).toMatchObject([{ WindowsLate: 1 }]);
  expect(log.entries).toMatchObject([
    { level: 'warn', message: 'Watch:Record:NotWritten', fields: { error: 'AccessDenied' } },
    { level: 'info', message: 'Watch:Windows:Measured' },
  ]);
});

it('measures nothing where the record is there and cannot be read: a source may be late by it alone', async () => {
  const { log, metrics } = await lookInto((memory) => ({
    getText: (key) => (key === watchKey ? Promise.reject(new Error('AccessDenied')) : memory.getText(key)),
  }));
  expect(metrics.lines).toEqual([]);
  expect(log.entries.map(({ message }) => message).sort()).toEqual([
    'Watch:Credential:Unknown',
    'Watch:Windows:Failed',
  ]);
});

it('reads its record once in a look', async () => {
  let reads = 0;
  await lookInto((memory) => ({
    getText: async (key) => {
      if (key === watchKey) reads += 1;
      return key === watchKey
        ? {
            text: JSON.stringify({ version: 1, since: '2026-03-01T00:00:00Z', mixpanel: null }),
            etag: '"1"',
          }
        : memory.getText(key);
    },
  }));
  expect(reads).toBe(1);
});
