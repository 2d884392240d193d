import { afterEach, describe, expect, it } from 'vitest';
import { createPlatformResources } from '../../bin/setup/platform-resources.ts';
import { createSchemaResources } from '../../bin/setup/schema-resources.ts';
import { setUpSource } from '../../bin/setup/set-up-source.ts';
import { loadSetupConfig } from '../../bin/setup/setup-config.ts';
import { idsToWrite, writeIds } from '../../bin/setup/write-ids.ts';
import type { PlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { type CrashingProcess, createCrash, dieAtEveryCall } from '../support/crash.ts';
import { type SetupWorld, startSetupWorld } from '../support/setup-world.ts';

let world: SetupWorld;
afterEach(() => world.close());

const identity = { field: 'distinct_id', namespace: 'MIXPANEL' };
const mapping = 'mappings/adobe-mixpanel-source.json';

/** What the command does for its one source, with every call to the outside through the process that may die. */
async function setUp(crash: CrashingProcess, through = (client: PlatformClient) => client): Promise<void> {
  const client = crash.guard(through(await world.client()));
  const file = crash.guard({ writeIds });
  const options = { name: undefined, identity, grow: false };
  const deps = { client, pause: async () => {}, onStep: () => {}, stackName: 'Stack', options };
  const [source] = loadSetupConfig(world.file).sources;
  if (source === undefined) throw new Error('the configuration has no source');
  const { problems, ids } = await setUpSource(deps, source, 'make');
  expect(problems).toEqual([]);
  file.writeIds(world.file, source.index, idsToWrite(source.known, ids));
}

/** Everything that there is of what setup makes; doubles show. */
async function inventory() {
  const client = await world.client();
  const platform = createPlatformResources(client);
  const registry = createSchemaResources(client);
  const { schemaId = '', datasetId } = world.ids();
  const datasets = await platform.datasetsNamed('Mixpanel shop events');
  const codes = (await platform.namespaces()).map(({ code }) => code);
  return {
    datasets: datasets.map(({ id }) => (id === datasetId ? 'the configured one' : id)),
    mixpanel: codes.filter((code) => code.startsWith('MIXPANEL')),
    descriptors: (await registry.identityDescriptors(schemaId)).length,
    written: await world.writes(),
  };
}

/** One of each: field group, schema, descriptor and dataset are the four writes that Platform answers with 201. */
const whole = { datasets: ['the configured one'], mixpanel: ['MIXPANEL'], descriptors: 1, written: 4 };

async function dieAt(at: number, when: 'before' | 'after'): Promise<boolean> {
  world = await startSetupWorld();
  world.configure({ id: 'shop', mapping });
  const crash = createCrash({ at, when });
  const died = await setUp(crash).then(
    () => false,
    (error: Error) => {
      expect(error.message).toBe('the process is dead');
      return true;
    },
  );
  crash.revive();
  if (died) await setUp(crash);
  expect(await inventory(), `dying ${when} call ${at}`).toEqual(whole);
  return died;
}

describe('a setup that dies', () => {
  it.each(['before', 'after'] as const)(
    '%s any one of its calls is brought to its end by the next',
    async (when) => {
      const calls = await dieAtEveryCall(
        (at) => dieAt(at, when),
        () => world.close(),
      );
      // Five things are looked for and made, and more is read; far fewer would mean that the crash was not injected.
      expect(calls).toBeGreaterThan(12);
    },
  );
});

describe('an answer of Platform that is lost after it has acted', () => {
  it.each([
    ['identity', 1],
    ['registry', 2],
    ['registry', 4],
    ['registry', 8],
    ['datasets', 1],
  ])('is no reason to make a thing twice: %s, after %i calls', async (route, skip) => {
    world = await startSetupWorld();
    world.configure({ id: 'shop', mapping });
    world.platform.addFault({ route, when: 'after', kind: 'reset', skip });
    await setUp(createCrash({ at: Number.POSITIVE_INFINITY, when: 'before' }));
    expect(await inventory()).toMatchObject({ ...whole, written: expect.any(Number) });
  });

  it('nor is another setup that makes it in the same moment', async () => {
    world = await startSetupWorld();
    world.configure({ id: 'shop', mapping });
    const refused: string[] = [];
    // Codes and titles are unique: the second of two equal requests is refused.
    const twice = (client: PlatformClient): PlatformClient => ({
      async send(request) {
        const isUnique = /identities|fieldgroups|schemas$/.test(request.path);
        if (request.method !== 'POST' || !isUnique) return client.send(request);
        await client.send(request);
        refused.push(request.path);
        return client.send(request);
      },
    });
    await setUp(createCrash({ at: Number.POSITIVE_INFINITY, when: 'before' }), twice);
    expect(refused).toHaveLength(3);
    expect(await inventory()).toEqual(whole);
  });

  it('nor is an outage that passes', async () => {
    world = await startSetupWorld();
    world.configure({ id: 'shop', mapping });
    world.platform.addFault({ route: 'registry', kind: '429', times: 2 });
    world.platform.addFault({ route: 'datasets', kind: '503', times: 3 });
    await setUp(createCrash({ at: Number.POSITIVE_INFINITY, when: 'before' }));
    expect(await inventory()).toEqual(whole);
  });
});
