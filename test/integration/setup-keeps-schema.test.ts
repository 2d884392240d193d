import { afterEach, beforeEach, expect, it } from 'vitest';
import * as z from 'zod';
import { schemaKey } from '../../functions/shared/object-keys.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';
import { reachStack } from '../support/reach-stack.ts';
import { type SetupWorld, startSetupWorld } from '../support/setup-world.ts';

const key = schemaKey('shop');
const tenant = '_$' + '{TENANT}';
const rules = {
  identityMap: 'mixpanel_identity_map(null, null, properties.distinct_id)',
  [`${tenant}.plan`]: 'properties.plan',
};

let world: SetupWorld;
let deployed: OperatorWorld;
let outputs: string;

/** A source that was set up before there was a stack, and whose mapping set has come to write more since. */
beforeEach(async () => {
  world = await startSetupWorld();
  deployed = await startOperatorWorld();
  world.configure({ id: 'shop', mapping: world.map(rules) });
  expect((await world.setup()).notes).toBe('Done. Next: deploy (npx cdk deploy).\n');
  world.map({ ...rules, [`${tenant}.amount`]: 'to_decimal(properties.amount)' });
  outputs = reachStack(deployed, world.dir);
});
afterEach(async () => {
  await deployed.close();
  await world.close();
});

const storedSchema = z.object({ schemaId: z.string(), schema: z.looseObject({ $id: z.string() }) });

/** What deliveries go by. */
async function stored() {
  const object = await deployed.store.getText(key);
  return object && storedSchema.parse(JSON.parse(object.text));
}

it('keeps a schema that was grown, so that deliveries go by it at once', async () => {
  const { schemaId = '' } = world.ids();
  const before = { version: 1, schemaId, fetchedAt: new Date().toISOString(), schema: { $id: schemaId } };
  await deployed.store.put(key, JSON.stringify(before));
  const { notes } = await world.setup({ grow: true, outputs });
  expect(notes).toContain('shop: deliveries go by this schema from now on.\n');
  const amount = { properties: { amount: { type: 'number' } } };
  expect(await stored()).toMatchObject({ schemaId, schema: { properties: { _simtenant: amount } } });
});

it('keeps nothing when it made nothing', async () => {
  await world.setup({ grow: true, outputs });
  await deployed.store.delete(key);
  expect((await world.setup({ grow: true, outputs })).notes).toBe('Everything is there: nothing to do.\n');
  expect(await stored()).toBeUndefined();
});

it('leaves the schema of another dataset, by which the deployed source goes', async () => {
  const other = {
    version: 1,
    schemaId: 'other',
    fetchedAt: new Date().toISOString(),
    schema: { $id: 'other' },
  };
  await deployed.store.put(key, JSON.stringify(other));
  const { notes } = await world.setup({ grow: true, outputs });
  expect(notes).toBe('Done. Next: deploy (npx cdk deploy).\n');
  expect(await stored()).toMatchObject({ schemaId: 'other' });
});

it('grows the schema all the same where the bucket can not be written, and says when deliveries go by it', async () => {
  const fault = { service: 's3', operation: 'PutObject', match: key, kind: '500', times: 100 };
  await fetch(`${deployed.awsUrl}/_sim/faults`, { method: 'POST', body: JSON.stringify(fault) });
  const { code, notes } = await world.setup({ grow: true, outputs });
  expect(code).toBe(0);
  expect(notes).toContain('shop: the schema could not be kept for deliveries, which go by it within a day: ');
});

it('says nothing of deliveries where no stack is found', async () => {
  // The embedded AWS has no CloudFormation.
  const { code, notes } = await world.setup({ grow: true });
  expect({ code, notes }).toEqual({ code: 0, notes: 'Done. Next: deploy (npx cdk deploy).\n' });
});

it('says that the file which was named for the outputs is not there, and grows the schema all the same', async () => {
  const { code, notes } = await world.setup({ grow: true, outputs: `${outputs}.json` });
  expect(code).toBe(0);
  expect(notes).toContain('shop: the schema could not be kept for deliveries, which go by it within a day: ');
  expect(notes).toContain(`reading the stack's outputs ${outputs}.json: there is no such file`);
});

it('shows on a terminal how far it is, and nothing of that to a program', async () => {
  const { progress } = await world.setup({ grow: true, outputs }, undefined, { onTerminal: true });
  expect(progress).toContain('shop: looking for the schema …');
  expect(progress).toContainEqual(expect.stringMatching(/^\[#+\.+\] 5 of \d steps of shop: schema$/));
  expect(progress).toContain('shop: keeping the schema for deliveries …');
  expect(progress.at(-1)).toBe('');
  const again = await world.setup({ json: true, outputs }, undefined, { onTerminal: true });
  expect(again.progress).toEqual([]);
});
