import { afterEach, describe, expect, it } from 'vitest';
import { createSchemaResources } from '../../bin/setup/schema-resources.ts';
import { readTargetSchema } from '../../functions/shared/mapping/index.ts';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { type SetupWorld, startSetupWorld } from '../support/setup-world.ts';

let world: SetupWorld;
afterEach(() => world.close());

const tenant = '_$' + '{TENANT}';
const first = {
  identityMap: 'mixpanel_identity_map(null, null, properties.distinct_id)',
  [`${tenant}.plan`]: 'properties.plan',
};
const later = {
  ...first,
  [`${tenant}.cart.total`]: 'to_decimal(properties.total)',
  [`${tenant}.cart.items[*].sku`]: 'properties.sku',
  'marketing.campaignName': 'properties.utm_campaign',
};

/** A source that was set up with a mapping set, which has changed since. */
async function grownMapping(rules: Readonly<Record<string, string>> = later) {
  world = await startSetupWorld();
  const mapping = world.map(first);
  world.configure({ id: 'shop', mapping });
  await world.setup();
  world.map(rules);
  const registry = createSchemaResources(await world.client());
  return { registry, schemaId: world.ids().schemaId ?? '' };
}

async function shape(schemaId: string) {
  const document = await createSchemaRegistry(await world.client()).readFullSchema(schemaId);
  return readTargetSchema(document, 'reading the schema').root.shape;
}

describe('a mapping set that has come to write more', () => {
  it('is told what the schema lacks, and that --grow adds it', async () => {
    const { schemaId } = await grownMapping();
    const before = await shape(schemaId);
    const refusal = world.setup();
    await expect(refusal).rejects.toThrow(
      'lacks fields that the mapping set writes: _simtenant.cart; run setup again with --grow',
    );
    await expect(refusal).rejects.toThrow('experienceevent-marketing; run setup again with --grow');
    expect(await shape(schemaId)).toEqual(before);
  });

  it('has it added with --grow, once', async () => {
    const { schemaId } = await grownMapping();
    expect((await world.setup({ grow: true, dryRun: true })).text).toMatch(
      /fields +_simtenant\.cart +to be added/,
    );
    const { sources } = await world.setupJson({ grow: true });
    expect(sources[0]?.steps.filter(({ state }) => state === 'made').map(({ kind }) => kind)).toEqual([
      'fields',
      'fields',
    ]);
    expect(await shape(schemaId)).toMatchObject({
      marketing: { campaignName: 'string' },
      _simtenant: { plan: 'string', cart: { total: 'number', items: [{ sku: 'string' }] } },
    });
    const again = await world.setupJson({ grow: true });
    expect(again.sources[0]?.steps.some(({ state }) => state === 'made')).toBe(false);
  });

  it('has fields added inside of objects that are there', async () => {
    const { schemaId } = await grownMapping();
    await world.setup({ grow: true });
    world.map({
      ...later,
      [`${tenant}.cart.items[*].name`]: 'properties.name',
      [`${tenant}.cart.code`]: 'properties.code',
    });
    await world.setup({ grow: true });
    expect(await shape(schemaId)).toMatchObject({
      _simtenant: { cart: { total: 'number', code: 'string', items: [{ sku: 'string', name: 'string' }] } },
    });
  });

  it('is refused where a field is there as something else', async () => {
    const { schemaId } = await grownMapping({ ...first, [`${tenant}.plan.name`]: 'properties.plan' });
    world.map({ identityMap: first.identityMap, [`${tenant}.plan.name`]: 'properties.plan' });
    await expect(world.setup({ grow: true })).rejects.toThrow(
      'the schema has a field of type string at _simtenant.plan',
    );
    expect(await shape(schemaId)).toMatchObject({ _simtenant: { plan: 'string' } });
  });

  it('finds its field group by the schema, whatever it is called by now', async () => {
    const { registry, schemaId } = await grownMapping();
    const schema = await registry.read('schemas', schemaId);
    const group = schema?.allOf.at(-1)?.$ref ?? '';
    const client = await world.client();
    await client.send({
      act: 'renaming',
      method: 'PATCH',
      path: `/data/foundation/schemaregistry/tenant/fieldgroups/${encodeURIComponent(group)}`,
      headers: { 'content-type': 'application/json' },
      body: () => JSON.stringify([{ op: 'replace', path: '/title', value: 'Our events' }]),
    });
    await world.setup({ grow: true });
    expect(await shape(schemaId)).toMatchObject({ _simtenant: { cart: { total: 'number' } } });
    expect(await registry.find('fieldgroups', 'Mixpanel shop details')).toBeUndefined();
  });
});
