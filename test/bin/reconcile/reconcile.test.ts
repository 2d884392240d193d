import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ledgerKey, manifestKey, reconciliationKey } from '../../../functions/shared/object-keys.ts';
import { batchExternalId } from '../../../functions/shared/platform/batch-name.ts';
import { aDelivery, aLedger } from '../../support/ledgers.ts';
import { datasetId, eventLines, window } from '../../support/load-world.ts';
import { type ReconcileWorld, startReconcileWorld } from '../../support/reconcile-world.ts';

let world: ReconcileWorld;
beforeEach(async () => {
  world = await startReconcileWorld();
});
afterEach(() => world.close());

const { date } = window;
const run = '20260309T033000000Z-00000001';

async function deliverWindow(): Promise<string> {
  await world.storeRun(run, eventLines(3));
  await world.deliver(run);
  return (await world.ledger()).activeBatch ?? '';
}

/** Another batch of the window that becomes active, as a second connector of the same name would make it. */
async function deliverBeside(): Promise<string> {
  const externalId = batchExternalId('OperatorTest', window, 'another');
  const id = await world.batches.create({ datasetId, externalId, replaces: [], maxFailedPercent: 5 });
  const row = { _id: 'x', timestamp: '2026-03-08T10:00:00.000Z', eventType: 'e' };
  await world.batches.putFile(id, datasetId, 'a.json', [Buffer.from(`${JSON.stringify(row)}\n`)]);
  await world.batches.complete(id);
  await expect.poll(async () => (await world.batches.get(id))?.phase, { timeout: 20_000 }).toBe('active');
  return id;
}

describe('a window that is held to Platform', () => {
  it('has no difference where all is as it was delivered', async () => {
    const batch = await deliverWindow();
    const { text, code } = await world.status({ date, reconcile: true, check: true });
    expect(code).toBe(0);
    expect(text()).toMatch(new RegExp(`exported +3 +what Mixpanel gave last: run ${run}`));
    expect(text()).toMatch(new RegExp(`delivered +3 +batch ${batch}`));
    expect(text()).toMatch(new RegExp(`active +3 +batch ${batch}, success`));
    expect(text()).toContain('no difference');
    const { json } = await world.status({ date, reconcile: true, json: true });
    expect(json()).toMatchObject({
      ledger: { state: 'delivered' },
      reconciliation: {
        exported: { run, records: 3, duplicates: 0 },
        delivered: { run, batchId: batch, received: 3, accepted: 3, failed: 0 },
        platform: { batchId: batch, status: 'success', accepted: 3, failed: 0 },
        isPending: false,
        differences: [],
      },
    });
  });

  it('is asked about only where that is wanted', async () => {
    await deliverWindow();
    const before = await world.catalogRequests();
    expect((await world.status({ date })).text()).not.toContain('From Mixpanel to Platform');
    await world.status();
    expect(await world.catalogRequests()).toBe(before);
  });

  it('differs where somebody took the batch away, also once it is cleared away', async () => {
    const batch = await deliverWindow();
    await world.batches.revert(batch);
    expect(await world.differences()).toEqual(['batch_not_active']);
    await fetch(`${world.platformUrl}/_sim/collect`, { method: 'POST' });
    const { text, code } = await world.status({ date, reconcile: true, check: true });
    expect(code).toBe(1);
    expect(text()).toContain(`! batch ${batch} is deleted: its rows are not in the dataset`);
    expect(text()).toContain(`connector replay ${date} --source shop`);
  });

  it('differs where Catalog knows the batch no more', async () => {
    await deliverWindow();
    await world.changeLedger((ledger) => ({
      ...ledger,
      activeBatch: 'gone',
      deliveries: ledger.deliveries.map((delivery) => ({ ...delivery, batchId: 'gone' })),
    }));
    const { text } = await world.status({ date, reconcile: true });
    expect(text()).toContain('! Catalog knows no batch gone');
    // What was delivered is there all the same, in a batch that the ledger does not name.
    expect(await world.differences()).toEqual(['batch_missing', 'batch_unexpected']);
  });

  it.each([{ outputRecordCount: 2 }, { failedRecordCount: 1 }])(
    'differs where Platform counts %o',
    async (metrics) => {
      await world.tamper(await deliverWindow(), { metrics });
      expect(await world.differences()).toEqual(['counts_differ']);
    },
  );

  it('differs where two of its batches are active', async () => {
    const batch = await deliverWindow();
    const other = await deliverBeside();
    const { text } = await world.status({ date, reconcile: true });
    expect(text()).toContain(`! active beside batch ${batch}: ${other}`);
    expect(await world.differences()).toEqual(['delivered_twice']);
  });

  it('differs where a batch is active and the ledger has none', async () => {
    await deliverWindow();
    await world.changeLedger((ledger) => ({ ...ledger, state: 'empty', activeBatch: null }));
    expect(await world.differences()).toEqual(['batch_unexpected']);
  });

  it('differs where the archive has another run than the ledger counted', async () => {
    await deliverWindow();
    const key = manifestKey({ ...window, run });
    const manifest = await world.store.getText(key);
    await world.store.put(
      key,
      (manifest?.text ?? '').replace('"records":3,"duplicates":0', '"records":4,"duplicates":1'),
    );
    expect(await world.differences()).toEqual(['run_differs']);
  });

  it('differs where the newest run was not delivered', async () => {
    await deliverWindow();
    await world.storeRun(`${run}-later`, eventLines(4));
    await world.changeLedger((ledger) => ({ ...ledger, state: 'failed' }));
    const { text } = await world.status({ date, reconcile: true });
    expect(text()).toContain(
      `the newest run, ${run}-later, has 4 records without duplicates, and is not what is delivered`,
    );
    expect(await world.differences()).toEqual(['run_not_delivered']);
  });

  it('is not said to differ while something is on its way', async () => {
    await world.batches.revert(await deliverWindow());
    await world.changeLedger((ledger) => ({ ...ledger, state: 'exporting' }));
    const { text } = await world.status({ date, reconcile: true });
    expect(text()).toContain('something is on its way');
    expect(await world.differences()).toEqual([]);
  });

  it('can not be counted where its rows were streamed, and does not differ for that', async () => {
    const streamed = aDelivery({ batchId: null });
    await world.store.put(
      ledgerKey(window),
      JSON.stringify(aLedger(date, { activeBatch: null, deliveries: [streamed] })),
    );
    const { text } = await world.status({ date, reconcile: true });
    expect(text()).toMatch(/delivered +91 +streamed/);
    expect(text()).toContain('rows that were streamed can not be counted by window');
    expect(text()).toContain('no difference');
  });

  it('is asked about again where Platform fails in passing', async () => {
    await deliverWindow();
    world.addFault({ route: 'catalog', kind: '503', retryAfter: 0 });
    expect(await world.differences()).toEqual([]);
  });
});

describe('the overview', () => {
  it('tells of a difference without asking Platform again, until the window is delivered anew', async () => {
    await world.batches.revert(await deliverWindow());
    expect((await world.status()).text()).toContain('Reconciled      never as a whole');
    await world.status({ date, reconcile: true });
    const { text, code } = await world.status({ check: true });
    expect(code).toBe(1);
    expect(text()).toContain('Needs you: 1 day is otherwise in Platform');
    expect(text()).toContain(`! Adobe Experience Platform does not hold ${date} as it was delivered: `);
    expect(text()).toContain(`connector status ${date} --reconcile --source shop`);
    await world.storeRun(`${run}-later`, eventLines(4));
    await world.deliver(`${run}-later`);
    expect((await world.status({ check: true })).text()).toContain('All is well.');
  });

  it('holds every window to Platform in a few requests, and says when that was', async () => {
    await deliverWindow();
    for (let day = 1; day < 8; day += 1) {
      const other = `2026-03-0${day}`;
      await world.store.put(
        ledgerKey({ ...window, date: other }),
        JSON.stringify(aLedger(other, { state: 'empty', activeBatch: null, deliveries: [] })),
      );
    }
    const before = await world.catalogRequests();
    const { text, json, progress } = await world.status({ reconcile: true, json: true }, true);
    expect(progress()).toEqual([]);
    expect(await world.catalogRequests()).toBe(before + 1);
    expect(text()).not.toContain('batch_');
    expect(json()).toMatchObject({
      sources: [{ details: { reconciled: { whole: { windows: 8 }, differences: [] } } }],
    });
    expect((await world.status()).text()).toMatch(
      /Reconciled {6}20\S+ \S+Z, days that were compared with Platform: 8\n/,
    );
  });

  it('shows on a terminal how far it is', async () => {
    await deliverWindow();
    const { progress, text } = await world.status({ reconcile: true }, true);
    expect(progress()).toEqual([
      '[....................] 0 of 1 windows of shop read',
      '[####################] 1 of 1 windows of shop read',
      'batches of shop listed by Platform: 0 …',
      '[....................] 0 of 1 windows of shop held to Platform',
      '[####################] 1 of 1 windows of shop held to Platform',
      '',
    ]);
    expect(text()).not.toContain('held to Platform [');
  });

  it('tells of rows that Platform refused in windows that are delivered', async () => {
    world.addFault({ outcome: 'partial', rows: 1 });
    await world.storeRun(run, eventLines(40));
    await world.deliver(run);
    const { text, json } = await world.status({ json: true });
    expect(text()).toContain('"refusedByPlatform":{"rows":1,"windows":1');
    expect(json()).toMatchObject({ sources: [{ windows: [{ state: 'delivered', accepted: 39 }] }] });
    expect((await world.status()).text()).toContain(
      `Refused         1 rows by Platform, in 1 windows, the newest ${date}`,
    );
    expect(await world.differences()).toEqual([]);
  });

  it('takes a kept reconciliation that can not be read for none', async () => {
    await deliverWindow();
    await world.store.put(reconciliationKey('shop'), '{"version":9}');
    expect((await world.status({ check: true })).code).toBe(0);
    await world.status({ reconcile: true });
    expect((await world.status()).text()).toContain('days that were compared with Platform: 1');
  });
});

it('refuses a sample without a window, and to ask Platform again and again', async () => {
  await expect(world.status({ sample: '5' })).rejects.toThrow('--sample: found "5"; needs a date');
  await expect(world.status({ date, sample: '0' })).rejects.toThrow('must be a whole number from 1 to 1000');
  await expect(world.status({ reconcile: true, watch: true })).rejects.toThrow(
    '--watch: found true; must be left out',
  );
});
