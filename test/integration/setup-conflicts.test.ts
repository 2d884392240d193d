import { afterEach, describe, expect, it } from 'vitest';
import { createPlatformResources } from '../../bin/setup/platform-resources.ts';
import { createSchemaResources } from '../../bin/setup/schema-resources.ts';
import { eventClass } from '../../bin/setup/standard-groups.ts';
import { type SetupWorld, startSetupWorld } from '../support/setup-world.ts';

let world: SetupWorld;
afterEach(() => world.close());

/** An organisation in which somebody has made things before; `by` is what stands in their descriptions. */
async function worldOfOthers(by = 'Made by hand.') {
  world = await startSetupWorld();
  world.configure();
  const client = await world.client();
  const registry = createSchemaResources(client);
  const platform = createPlatformResources(client);
  const makeGroup = (fields = {}) =>
    registry.createFieldGroup({
      title: 'Mixpanel shop details',
      description: by,
      tenant: 'simtenant',
      fields: { note: { type: 'string' }, ...fields },
    });
  const makeSchema = (...parts: string[]) =>
    registry.createSchema({
      title: 'Mixpanel shop events',
      description: by,
      parts: [eventClass, ...parts],
      profile: true,
    });
  const makeDataset = (schemaId: string, mark = 'nobody') =>
    platform.createDataset({ name: 'Mixpanel shop events', description: by, schemaId, profile: true, mark });
  return { registry, platform, makeGroup, makeSchema, makeDataset };
}

describe('what others made under the same name', () => {
  it('is left alone and named, all of it at once, and nothing is made beside it', async () => {
    const { makeGroup, makeSchema, makeDataset } = await worldOfOthers();
    const group = await makeGroup();
    const schema = await makeSchema(group.$id);
    const dataset = await makeDataset(schema.$id);
    const writes = await world.writes();
    const refusal = world.setup();
    await expect(refusal).rejects.toThrow(
      `shop: the field group "Mixpanel shop details" (${group.$id}) is there already`,
    );
    await expect(refusal).rejects.toThrow(
      `the schema "Mixpanel shop events" (${schema.$id}) is there already`,
    );
    await expect(refusal).rejects.toThrow(
      `the dataset "Mixpanel shop events" (${dataset.id}) is there already`,
    );
    await expect(refusal).rejects.toThrow('give --name another name');
    expect(await world.writes()).toBe(writes);
    expect(world.ids()).toEqual({});
  });

  it('is not in the way of another name', async () => {
    const { makeGroup, registry } = await worldOfOthers();
    const group = await makeGroup();
    await world.setup({ name: 'Acme shop' });
    expect(await registry.find('schemas', 'Acme shop events')).toBeDefined();
    expect(await registry.read('fieldgroups', group.$id)).toEqual(group);
  });

  it('may be of another source of ours, whose id only begins alike', async () => {
    const { makeGroup } = await worldOfOthers('Made by connector setup for Stack/shop-eu.');
    await makeGroup();
    await expect(world.setup()).rejects.toThrow(
      /the field group "Mixpanel shop details" \(\S+\) is there already/,
    );
  });

  it('is told of when it is a namespace whose code differs by case alone', async () => {
    const { platform } = await worldOfOthers();
    await platform.createNamespace({ code: 'Mixpanel', name: 'theirs', idType: 'Device' });
    await expect(world.setup()).rejects.toThrow(
      "the identity namespace MIXPANEL can't be made: there is Mixpanel",
    );
  });

  it('is used as it is when it is a namespace, and a kind that surprises is noted', async () => {
    const { platform } = await worldOfOthers();
    await platform.createNamespace({ code: 'MIXPANEL', name: 'theirs', idType: 'Device' });
    const { sources } = await world.setupJson();
    expect(sources[0]?.steps[0]).toMatchObject({
      name: 'MIXPANEL',
      state: 'exists',
      note: 'of the kind DEVICE; setup would have made it Cross_device',
    });
  });
});

describe('a schema and a dataset of the user’s own', () => {
  const wide = {
    mixpanel: {
      type: 'object',
      properties: {
        ...Object.fromEntries(
          ['event', 'source', 'projectId', 'date', 'run'].map((name) => [name, { type: 'string' }]),
        ),
        properties: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
  };
  const groups = ['environment-details', 'web', 'marketing', 'application'].map(
    (name) => `${eventClass}-${name}`,
  );

  it('are only checked, and the dataset alone says which schema and tenant it is', async () => {
    const { makeGroup, makeSchema, makeDataset } = await worldOfOthers();
    const group = await makeGroup(wide);
    const schema = await makeSchema(...groups, group.$id);
    const dataset = await makeDataset(schema.$id);
    world.configure({ id: 'shop', platform: { datasetId: dataset.id } });
    const writes = await world.writes();
    const { sources } = await world.setupJson();
    expect(sources[0]?.steps.filter(({ state }) => state === 'exists')).toHaveLength(2);
    expect(world.ids()).toEqual({ tenant: 'simtenant', schemaId: schema.$id, datasetId: dataset.id });
    expect(await world.writes()).toBe(writes);
  });

  it('are refused with the fields that they lack', async () => {
    const { makeGroup, makeSchema } = await worldOfOthers();
    const group = await makeGroup();
    const schema = await makeSchema(...groups, group.$id);
    world.configure({ id: 'shop', platform: { schemaId: schema.$id } });
    const refusal = world.setup({ grow: true });
    await expect(refusal).rejects.toThrow(
      '(_simtenant.mixpanel.event): the schema has no field "mixpanel" in _simtenant',
    );
    await expect(refusal).rejects.toThrow('add it to the schema "Mixpanel shop events"');
  });

  it('get a dataset where there is only a schema', async () => {
    const { makeGroup, makeSchema } = await worldOfOthers();
    const schema = await makeSchema(...groups, (await makeGroup(wide)).$id);
    world.configure({ id: 'shop', platform: { schemaId: schema.$id } });
    const { sources } = await world.setupJson();
    expect(sources[0]).toMatchObject({ schemaId: schema.$id, datasetId: expect.any(String) });
  });

  it('are refused when they are not there, or contradict one another', async () => {
    const { makeGroup, makeSchema, makeDataset } = await worldOfOthers();
    const schema = await makeSchema(...groups, (await makeGroup(wide)).$id);
    const dataset = await makeDataset(schema.$id);
    const other = 'https://ns.adobe.com/simtenant/schemas/none';
    world.configure({ id: 'shop', platform: { datasetId: 'none', schemaId: other, tenant: 'acme' } });
    const refusal = world.setup();
    await expect(refusal).rejects.toThrow('platform.datasetId: there is no dataset none');
    await expect(refusal).rejects.toThrow(`platform.schemaId: there is no schema ${other}`);
    await expect(refusal).rejects.toThrow(
      'platform.tenant: found "acme"; the organisation\'s tenant is simtenant',
    );
    const second = await worldSchema();
    world.configure({ id: 'shop', platform: { datasetId: dataset.id, schemaId: second } });
    await expect(world.setup()).rejects.toThrow(
      `has the schema ${schema.$id}, and platform.schemaId names ${second}`,
    );
  });

  async function worldSchema(): Promise<string> {
    const registry = createSchemaResources(await world.client());
    const made = await registry.createSchema({
      title: 'x',
      description: 'x',
      parts: [eventClass],
      profile: false,
    });
    return made.$id;
  }
});
