import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { compileMapping, parseMappingSet, readTargetSchema } from '../../functions/shared/mapping/index.ts';
import { createBatches } from '../../functions/shared/platform/batches.ts';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { wireSchema } from '../../functions/shared/platform/wire.ts';
import { projectRoot } from '../../lib/config.ts';
import { type SetupWorld, startSetupWorld } from '../support/setup-world.ts';

let world: SetupWorld;
afterEach(() => world.close());

/** Rows of these records, mapped by the configured schema's own types and ingested; how many the dataset has then. */
async function ingest(records: readonly object[], mapping: string): Promise<number> {
  const client = await world.client();
  const { datasetId = '', schemaId = '', tenant = '' } = world.ids();
  const schema = await createSchemaRegistry(client).readFullSchema(schemaId);
  const set = parseMappingSet(readFileSync(mapping, 'utf8'), { variables: { TENANT: tenant } });
  const compiled = compileMapping(set, { schema: readTargetSchema(schema, 'reading the schema').root });
  const rows = records.map((record) => {
    const mapped = compiled.map(record);
    expect(mapped.errors).toEqual([]);
    return `${mapped.text}\n`;
  });
  const batches = createBatches(client, wireSchema.parse({}));
  const batch = await batches.create({ datasetId, externalId: 'x', replaces: [], maxFailedPercent: 0 });
  await batches.putFile(batch, datasetId, 'part.json', [Buffer.from(rows.join(''))]);
  await batches.complete(batch);
  await world.platform.idle();
  return (await world.platform.activeStats(datasetId)).rows;
}

const record = {
  event: 'Order Completed',
  properties: {
    time: 1_772_964_000,
    distinct_id: 'u1',
    $user_id: 'u1',
    $device_id: 'd1',
    $browser: 'Chrome',
    $city: 'Madrid',
    $current_url: 'https://shop.example/cart',
    $app_version_string: '4.2',
    utm_campaign: 'spring',
    plan: 'pro',
    amount: 12.5,
    mp_processing_time_ms: 1_772_964_005_123,
  },
  connector: {
    id: 'a'.repeat(32),
    timestamp: '2026-03-08T10:00:00.000Z',
    source: 'shop',
    projectId: '7',
    date: '2026-03-08',
    run: 'r1',
  },
};

describe('connector setup in an organisation that has nothing', () => {
  it('makes all that the default mapping needs, writes the ids, and the dataset takes the mapping’s rows', async () => {
    world = await startSetupWorld();
    world.configure();
    const { sources } = await world.setupJson();
    const [source] = sources;
    expect(source?.steps.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      'identity namespace made',
      'identity namespace made',
      'identity namespace made',
      'field group made',
      'schema made',
      'identity descriptor notNeeded',
      'dataset made',
      'configuration made',
    ]);
    const { tenant, schemaId, datasetId } = source ?? {};
    expect(world.ids()).toEqual({ tenant: 'simtenant', schemaId, datasetId });
    expect(tenant).toBe('simtenant');
    expect(await ingest([record], join(projectRoot, 'mappings/default.json'))).toBe(1);
  });

  it('changes nothing when it is run again', async () => {
    world = await startSetupWorld();
    world.configure();
    await world.setup();
    const before = { text: world.configText(), writes: await world.writes() };
    const again = await world.setupJson();
    expect(again.sources[0]?.steps.every(({ state }) => state === 'exists' || state === 'notNeeded')).toBe(
      true,
    );
    expect({ text: world.configText(), writes: await world.writes() }).toEqual(before);
  });

  it('finds what it made when the configuration has lost the ids', async () => {
    world = await startSetupWorld();
    world.configure();
    await world.setup();
    const ids = world.ids();
    world.configure();
    const writes = await world.writes();
    await world.setup();
    expect(world.ids()).toEqual(ids);
    expect(await world.writes()).toBe(writes);
  });

  it('only shows what it would make when told so, and writes nothing', async () => {
    world = await startSetupWorld();
    world.configure();
    const before = world.configText();
    const { text, notes, code } = await world.setup({ dryRun: true });
    expect(text).toMatch(/schema +Mixpanel shop events +to be made +environment-details, web, .*for good/);
    expect(notes).toBe('Nothing was made: this was a dry run.\n');
    expect(code).toBe(0);
    expect(await world.writes()).toBe(0);
    expect(world.configText()).toBe(before);
  });

  it('asks where somebody can answer, and makes nothing without a yes', async () => {
    world = await startSetupWorld();
    world.configure();
    expect((await world.setup({}, async () => false)).code).toBe(1);
    expect(await world.writes()).toBe(0);
    expect((await world.setup({}, async () => true)).code).toBe(0);
    expect(world.ids().datasetId).toBeDefined();
  });

  it('keeps a dataset without Profile out of it', async () => {
    world = await startSetupWorld();
    world.configure({ id: 'shop', platform: { profile: false } });
    const { sources } = await world.setupJson();
    const steps = sources[0]?.steps ?? [];
    expect(steps.find(({ kind }) => kind === 'dataset')?.note).toBe('does not feed Profile');
    const { schemaId = '' } = world.ids();
    const schema = await createSchemaRegistry(await world.client()).readFullSchema(schemaId);
    expect(schema).not.toHaveProperty('meta:immutableTags');
  });

  it('sets up several sources, each with a schema and a dataset of its own', async () => {
    world = await startSetupWorld();
    world.configure({ id: 'shop' }, { id: 'shop-eu' });
    const { sources } = await world.setupJson();
    const [one, other] = sources;
    expect(one?.datasetId).toBeDefined();
    expect(other?.datasetId).toBeDefined();
    expect(other?.datasetId).not.toBe(one?.datasetId);
    expect(
      other?.steps.filter(({ kind }) => kind === 'identity namespace').map(({ state }) => state),
    ).toEqual(['exists', 'exists', 'exists']);
  });
});

describe('a mapping set of the user’s own', () => {
  it('gets fields of the types that its rules give', async () => {
    world = await startSetupWorld();
    const mapping = world.map({
      identityMap:
        'mixpanel_identity_map(properties.$user_id, properties.$device_id, properties.distinct_id)',
      '_${TENANT}.plan': 'upper(properties.plan)',
      '_${TENANT}.amount': 'to_decimal(properties.amount)',
      '_${TENANT}.seen.at': 'date("2026-03-08T10:00:00Z")',
      '_${TENANT}.seen.ms': 'properties.mp_processing_time_ms * 1',
      '_${TENANT}.isPro': 'properties.plan == "pro"',
      '_${TENANT}.others': 'mixpanel_other_properties(properties)',
      'commerce.order.priceTotal': 'properties.amount',
    });
    world.configure({ id: 'shop', mapping });
    await world.setup();
    expect(await ingest([record], join(world.dir, mapping))).toBe(1);
    const schema = await createSchemaRegistry(await world.client()).readFullSchema(
      world.ids().schemaId ?? '',
    );
    expect(readTargetSchema(schema, 'reading the schema').root.shape).toMatchObject({
      _simtenant: {
        plan: 'string',
        amount: 'number',
        seen: { at: 'date-time', ms: 'number' },
        isPro: 'boolean',
        others: { '*': 'string' },
      },
      commerce: { order: { priceTotal: 'number' } },
    });
    expect(schema).not.toHaveProperty('properties.web');
  });

  it('without identityMap needs a field that holds the identity, which every row then has to have', async () => {
    world = await startSetupWorld();
    world.configure({ id: 'shop', mapping: 'mappings/adobe-mixpanel-source.json' });
    await expect(world.setup()).rejects.toThrow('name a field with --identity FIELD=NAMESPACE');
    expect(await world.writes()).toBe(0);
    await expect(world.setup({ identity: 'time=MIXPANEL' })).rejects.toThrow('must be a text field');
    const { sources } = await world.setupJson({ identity: 'distinct_id=MIXPANEL' });
    expect(sources[0]?.steps).toContainEqual({
      kind: 'identity descriptor',
      name: '/_simtenant/distinct_id',
      state: 'made',
      id: '/_simtenant/distinct_id',
      note: 'MIXPANEL, primary: every row has to have it',
    });
    expect(await world.setupJson()).toMatchObject({ sources: [{ problems: [] }] });
    expect(await ingest([record], join(projectRoot, 'mappings/adobe-mixpanel-source.json'))).toBe(1);
  });

  it('is refused where it writes what no standard field group has, before anything is made', async () => {
    world = await startSetupWorld();
    const mapping = world.map({ 'endUserIDs.x': 'properties.plan', 'web.siteName': '"x"' });
    world.configure({ id: 'shop', platform: { profile: false }, mapping });
    const refusal = world.setup();
    await expect(refusal).rejects.toThrow('rule 3 (endUserIDs.x): the schema has no field "endUserIDs"');
    await expect(refusal).rejects.toThrow('rule 4 (web.siteName): the schema has no field "siteName" in web');
    await expect(refusal).rejects.toThrow('let the rule write below _$' + '{TENANT}, or write schemaId');
    expect(await world.writes()).toBe(0);
  });

  it('makes the namespaces that its rules name', async () => {
    world = await startSetupWorld();
    const mapping = world.map({ 'identityMap.CRMID': 'to_array(false, to_object("id", properties.crm_id))' });
    world.configure({ id: 'shop', mapping });
    const { sources } = await world.setupJson();
    expect(sources[0]?.steps[0]).toMatchObject({ kind: 'identity namespace', name: 'CRMID', state: 'made' });
  });
});
