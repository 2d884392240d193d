import { afterEach, describe, expect, it } from 'vitest';
import { createFlowResources } from '../../bin/setup/flow-resources.ts';
import { createPlatformAccess } from '../../bin/setup/platform-access.ts';
import { setUpSource } from '../../bin/setup/set-up-source.ts';
import { loadSetupConfig } from '../../bin/setup/setup-config.ts';
import { idsToWrite, writeIds } from '../../bin/setup/write-ids.ts';
import { createInlet } from '../../functions/shared/platform/inlet.ts';
import { createPlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { loadConfig } from '../../lib/config.ts';
import { createCrash, dieAtEveryCall } from '../support/crash.ts';
import { type SetupWorld, startSetupWorld } from '../support/setup-world.ts';

let world: SetupWorld;
afterEach(() => world.close());

const name = 'Mixpanel shop events';
const kinds = ['connections', 'sourceConnections', 'targetConnections', 'flows'] as const;
const streamed = { id: 'shop', platform: { delivery: 'streaming' } };

/** How many of each there are, under the name that setup gives. */
async function inventory(): Promise<number[]> {
  const flow = createFlowResources(await world.client());
  return Promise.all(kinds.map(async (kind) => (await flow.named(kind, name)).length));
}

describe('connector setup for a source whose rows are streamed', () => {
  it('makes an inlet and its dataflow, and writes both into the configuration', async () => {
    world = await startSetupWorld();
    world.configure(streamed);
    const { sources } = await world.setupJson();
    const made = sources[0]?.steps.filter(({ kind }) => ['inlet', 'dataflow'].includes(kind));
    expect(made?.map(({ kind, state }) => [kind, state])).toEqual([
      ['inlet', 'made'],
      ['dataflow', 'made'],
    ]);
    expect(await inventory()).toEqual([1, 1, 1, 1]);
    const settings = loadConfig(world.file).sources[0]?.platform;
    expect(settings?.inletUrl).toMatch(/\/collection\/[0-9a-f]{64}$/);
    expect(settings?.flowId).toBe(made?.[1]?.id);
  });

  it('makes an inlet that takes rows with a token, and none without', async () => {
    world = await startSetupWorld();
    world.configure(streamed);
    await world.setup();
    const { datasetId = '', schemaId = '', inletUrl = '', flowId } = world.ids();
    const { orgId } = loadConfig(world.file).sources[0]?.platform ?? { orgId: '' };
    const access = { orgId, datasetId, schemaId, inletUrl, flowId };
    const row = JSON.stringify({ _id: 'a', timestamp: '2026-03-08T10:00:00.000Z', eventType: 'x' });
    const inlet = createInlet({ ...access, client: await world.client() });
    expect(await inlet.send([row], new AbortController().signal)).toEqual(['accepted']);
    const nobody = createPlatformClient({
      baseUrl: world.platform.url,
      orgId,
      sandbox: 'prod',
      tokens: {
        get: async () => ({ token: 'none', clientId: 'c' }),
        renew: async () => ({ token: 'none', clientId: 'c' }),
        renewFromSecret: async () => ({ token: 'none', clientId: 'c' }),
      },
      clock: Date.now,
    });
    const refused = createInlet({ ...access, client: nobody }).send([row], new AbortController().signal);
    await expect(refused).rejects.toMatchObject({ code: 'platform_auth' });
  });

  it('changes nothing when it is run again, and shows beforehand what it would make', async () => {
    world = await startSetupWorld();
    world.configure(streamed);
    const dry = await world.setupJson({ dryRun: true });
    expect(dry.sources[0]?.steps.filter(({ state }) => state === 'missing').map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['inlet', 'dataflow', 'configuration']),
    );
    expect(await inventory()).toEqual([0, 0, 0, 0]);
    await world.setup();
    const text = world.configText();
    await world.setup();
    expect(world.configText()).toBe(text);
    expect(await inventory()).toEqual([1, 1, 1, 1]);
  });

  it('leaves alone what others have under that name, and says so', async () => {
    world = await startSetupWorld();
    world.configure(streamed);
    const flow = createFlowResources(await world.client());
    await flow.createInlet({ name, description: 'ours' });
    await expect(world.setup()).rejects.toThrow('was not made by this connector');
    expect(await inventory()).toEqual([1, 0, 0, 0]);
  });

  it('makes none for a source that is delivered in batches', async () => {
    world = await startSetupWorld();
    world.configure();
    await world.setup();
    expect(await inventory()).toEqual([0, 0, 0, 0]);
    expect(world.configText()).not.toContain('inletUrl');
  });

  it('is brought to its end by the next run, wherever it died', async () => {
    const calls = await dieAtEveryCall(
      async (at) => {
        world = await startSetupWorld();
        world.configure(streamed);
        const crash = createCrash({ at, when: 'after' });
        const died = await setUp(crash).then(
          () => false,
          () => true,
        );
        crash.revive();
        if (died) await setUp(crash);
        expect(await inventory(), `dying after call ${at}`).toEqual([1, 1, 1, 1]);
        return died;
      },
      () => world.close(),
    );
    expect(calls).toBeGreaterThan(15);
  });
});

async function setUp(crash: ReturnType<typeof createCrash>): Promise<void> {
  const { config, sources } = loadSetupConfig(world.file);
  const [source] = sources;
  if (source === undefined) throw new Error('the configuration has no source');
  const access = createPlatformAccess({}, process.env);
  const client = crash.guard(await access.clientFor(config.stackName, source.settings));
  const options = { name: undefined, identity: undefined, grow: false };
  const deps = { client, pause: async () => {}, onStep: () => {}, stackName: 'Stack', options };
  const { problems, ids } = await setUpSource(deps, source, 'make');
  expect(problems).toEqual([]);
  writeIds(world.file, source.index, idsToWrite(source.known, ids));
}
