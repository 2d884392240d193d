import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLedgerStore } from '../../functions/shared/ledger-store.ts';
import { readTargetSchema } from '../../functions/shared/mapping/index.ts';
import { propertyReportKey } from '../../functions/shared/object-keys.ts';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { aDelivery, aLedger } from '../support/ledgers.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';
import { reachStack } from '../support/reach-stack.ts';
import { type SetupWorld, startSetupWorld } from '../support/setup-world.ts';

const date = '2026-03-08';

let world: SetupWorld;
let deployed: OperatorWorld;
let outputs: string;

beforeEach(async () => {
  world = await startSetupWorld();
  deployed = await startOperatorWorld();
  world.configure();
  await world.setup();
  outputs = reachStack(deployed, world.dir);
});
afterEach(async () => {
  await deployed.close();
  await world.close();
});

async function storeReport(properties: readonly { name: string; types: object }[]): Promise<void> {
  const run = aDelivery().run;
  const report = { version: 1, source: 'shop', date, run, records: 9, properties, unlisted: 0, drift: null };
  await deployed.store.put(propertyReportKey({ source: 'shop', date, run }), JSON.stringify(report));
  const ledgers = createLedgerStore(deployed.store, Date.now);
  await ledgers.update({ source: 'shop', date }, () => aLedger(date));
}

describe('setup --grow --property', () => {
  it('adds a field of the type that the events’ report says, and gives the rule for the mapping set', async () => {
    await storeReport([{ name: 'amount', types: { number: 9 } }]);
    const asked = { grow: true, property: ['amount'], outputs };
    const planned = await world.setup({ ...asked, dryRun: true });
    expect(planned.text).toMatch(/fields +_simtenant\.mixpanel\.amount +to be added/);
    const rule = {
      sourceType: 'EXPRESSION',
      source: 'to_decimal(properties.amount)',
      destination: '_$' + '{TENANT}.mixpanel.amount',
    };
    expect(planned.text).toContain(`Rules to add to `);
    expect(planned.text).toContain(JSON.stringify(rule));
    const { sources } = await world.setupJson(asked);
    expect(sources[0]?.rules).toEqual([rule]);
    const full = await createSchemaRegistry(await world.client()).readFullSchema(world.ids().schemaId ?? '');
    expect(readTargetSchema(full, 'reading the schema').root.shape).toMatchObject({
      _simtenant: { mixpanel: { amount: 'number', event: 'string' } },
    });
    const again = await world.setupJson(asked);
    expect(again.sources[0]?.steps.some(({ state }) => state === 'made')).toBe(false);
  });

  it('says that there is no report yet, or that the property is not in it, before it asks Platform', async () => {
    const asked = { grow: true, property: ['amuont'], outputs };
    await expect(world.setup(asked)).rejects.toThrow("the archive has no report of shop's properties yet");
    await storeReport([{ name: 'amount', types: { number: 9 } }]);
    await expect(world.setup(asked)).rejects.toThrow('did you mean amount?');
  });
});
