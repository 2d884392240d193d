import { afterEach, expect, it } from 'vitest';
import { manifestKey } from '../../../functions/shared/object-keys.ts';
import type { PlatformOptions } from '../../simulators/platform/options.ts';
import { eventLines, window } from '../../support/load-world.ts';
import { type ReconcileWorld, startReconcileWorld } from '../../support/reconcile-world.ts';

let world: ReconcileWorld;
afterEach(() => world.close());

const { date } = window;
const run = '20260309T033000000Z-00000001';
const rows = 30;

/** A window whose events have values that nobody but the dataset may see. */
async function deliverWindow(options: Partial<PlatformOptions> = {}): Promise<string> {
  world = await startReconcileWorld(options);
  const secret = '"plan":"confidential","price":12.5,"tags":["a","b"],"$browser":"Firefox"';
  const lines = eventLines(rows).map((line) => line.replace('"distinct_id"', `${secret},"distinct_id"`));
  await world.storeRun(run, lines);
  await world.deliver(run);
  return (await world.ledger()).activeBatch ?? '';
}

const sample = (more: Readonly<Record<string, unknown>> = {}) =>
  world.status({ date, sample: String(rows), check: true, ...more });

it.each(['objects', 'columns'] as const)(
  'finds every row as it was delivered, shown as %s',
  async (previewForm) => {
    const batchId = await deliverWindow({ previewForm });
    const { code, json } = await sample({ json: true });
    expect(json()).toMatchObject({
      reconciliation: { differences: [] },
      sample: {
        kind: 'compared',
        run,
        batchId,
        shown: rows,
        same: rows,
        differing: [],
        notShown: 0,
        notOfRun: 0,
        withoutId: 0,
      },
    });
    expect(code).toBe(0);
  },
);

it.each(['objects', 'columns'] as const)(
  'names the fields that differ, and no value, shown as %s',
  async (previewForm) => {
    const batch = await deliverWindow({ previewForm });
    await world.tamper(batch, { rows: { field: 'eventType', value: 'forged', count: 2 } });
    await world.tamper(batch, { rows: { field: 'identityMap', value: null, count: 1 } });
    await world.tamper(batch, { rows: { field: 'producedBy', value: 'nobody', count: 1 } });
    const { code, text } = await sample();
    expect(code).toBe(1);
    expect(text()).toMatch(/ 28 {2}same\n +2 {2}differ\n/);
    expect(text()).toMatch(
      /! part-00000 line 1: eventType, identityMap\.MIXPANEL\.0\.authenticatedState.*, producedBy\n/,
    );
    expect(text()).toContain('! part-00000 line 2: eventType\n');
    expect(text()).not.toMatch(/forged|nobody|confidential|Firefox/);
  },
);

it('says which of the first rows Platform does not show, which is no fault', async () => {
  await deliverWindow({ previewRows: 10 });
  const { code, json } = await sample({ json: true });
  expect(json()).toMatchObject({ sample: { shown: 10, same: 10, notShown: 20 } });
  expect(code).toBe(0);
});

it('looks through the whole run for rows that are shown, and tells of those that are not in it', async () => {
  const batch = await deliverWindow();
  await world.tamper(batch, { rows: { field: '_id', value: 'of-nobody', count: 1 } });
  const { code, json } = await sample({ sample: '1', json: true });
  expect(json()).toMatchObject({ sample: { shown: 1, same: 0, notShown: 1, notOfRun: 1 } });
  expect(code).toBe(1);
});

it('compares nothing that is mapped otherwise than it was delivered', async () => {
  await deliverWindow();
  await world.changeLedger((ledger) => ({
    ...ledger,
    deliveries: ledger.deliveries.map((delivery) => ({ ...delivery, mappingHash: 'f'.repeat(64) })),
  }));
  const { code, text } = await sample();
  expect(text()).toContain('no rows were compared: what shapes its rows');
  expect(text()).toContain(`connector replay ${date} --reload`);
  expect(code).toBe(1);
});

it('says so where the run has left the archive, or Platform shows no row', async () => {
  await deliverWindow();
  const key = manifestKey({ ...window, run });
  const { text: manifest = '' } = (await world.store.getText(key)) ?? {};
  await world.store.delete(key);
  expect((await sample()).text()).toContain(`no rows were compared: run ${run} is no longer in the archive`);
  await world.store.put(key, manifest);
  await world.changeLedger((ledger) => ({
    ...ledger,
    deliveries: ledger.deliveries.map((delivery) => ({ ...delivery, datasetId: 'another' })),
  }));
  expect((await sample()).text()).toContain('no rows were compared: Platform shows no row of batch');
});
