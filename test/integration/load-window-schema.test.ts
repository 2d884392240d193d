import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createMappingOpener } from '../../functions/load-window/open-mapping.ts';
import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import { rejectedKey, schemaKey } from '../../functions/shared/object-keys.ts';
import {
  createSchemaRegistry,
  type FullSchema,
  type SchemaRegistry,
} from '../../functions/shared/platform/schema-registry.ts';
import { createSchemaKeeper } from '../../functions/shared/stored-schema.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { createLoadWorld, deliver, eventLines, type LoadWorld, window } from '../support/load-world.ts';

const { schemaId } = localPlatform;
const key = schemaKey(window.source);
const dayMs = 24 * 60 * 60_000;

let world: LoadWorld;
/** Moves the clock of the functions; Platform's own stays. */
let aheadMs: number;
/** How often the registry was asked. */
let asked: number;
beforeEach(async () => {
  world = await createLoadWorld();
  aheadMs = 0;
  asked = 0;
});
afterEach(() => world.close());

const rule = (source: string, destination: string) => ({ sourceType: 'ATTRIBUTE', source, destination });
const standard = [
  rule('connector.id', '_id'),
  rule('connector.timestamp', 'timestamp'),
  rule('event', 'eventType'),
  rule('properties.kind', 'environment.type'),
];

/** A function of its own, with what it remembers; all share the bucket. */
function openerOf(
  rules: readonly object[] = standard,
  schema: string = schemaId,
  version = (fetched: FullSchema) => fetched,
  strict = false,
) {
  const { store, log } = world;
  const clock = () => Date.now() + aheadMs;
  const { readFullSchema } = createSchemaRegistry(world.client);
  const registry: SchemaRegistry = {
    async readFullSchema(...question) {
      asked += 1;
      const fetched = await readFullSchema(...question);
      return fetched && version(fetched);
    },
  };
  const shared = { schemaId: schema, clock, log };
  const schemas = createSchemaKeeper({ ...shared, store, registry, source: window.source });
  const set = parseMappingSet(JSON.stringify(rules));
  return createMappingOpener({ ...shared, set, strict, profile: true, schemas });
}

const signal = new AbortController().signal;
const open = (opener = openerOf()) => opener(signal);

const storedSchema = z.object({
  version: z.literal(1),
  schemaId: z.string(),
  fetchedAt: z.iso.datetime(),
  schema: z.looseObject({ properties: z.looseObject({}), title: z.string() }),
});
const stored = () => storedSchema.parse(JSON.parse(String(world.store.objects.get(key))));

/** Changes the stored schema as a newer version of it would be. */
async function store(change: (kept: z.output<typeof storedSchema>) => object): Promise<void> {
  await world.store.put(key, JSON.stringify(change(stored())));
}

describe('the schema of the target', () => {
  it('is fetched at the first need, kept in the bucket, and used by every function from there', async () => {
    await open();
    expect(stored()).toMatchObject({ schemaId, schema: { $id: schemaId } });
    expect(asked).toBe(1);
    await open();
    expect(asked).toBe(1);
  });

  it('is met by another mapping where that becomes strict, so that every window counts as changed', async () => {
    const [lenient, strict] = [await open(), await open(openerOf(standard, schemaId, undefined, true))];
    expect(strict.mappingHash).not.toBe(lenient.mappingHash);
    const sum = [
      ...standard,
      { sourceType: 'EXPRESSION', source: 'nothing + 1', destination: 'eventMergeId' },
    ];
    const errorsOf = async (isStrict: boolean) =>
      (await open(openerOf(sum, schemaId, undefined, isStrict))).mapping.map({}).errors.length;
    expect(await errorsOf(false)).toBeLessThan(await errorsOf(true));
  });

  it('rejects records before upload, with path and reason beside the archive', async () => {
    const line = (event: string, kind: string) =>
      JSON.stringify({ event, properties: { time: 1_772_964_000, kind } });
    await world.storeRun('r1', [...eventLines(98), line('good', 'browser'), line('bad', 'toaster')]);
    await world.drain(deliver('r1'), { openMapping: openerOf() });
    expect(await world.ledger()).toMatchObject({
      state: 'delivered',
      deliveries: [{ received: 100, rejected: 1, mapped: 99, accepted: 99, failed: 0 }],
    });
    const rejected = world.store.objects.get(rejectedKey({ ...window, run: 'r1' }, 0));
    expect(gunzipSync(rejected ?? Buffer.alloc(0)).toString()).toBe(
      `{"reason":"must be one of the values that the schema lists","path":"environment.type","record":${line('bad', 'toaster')}}\n`,
    );
  });

  it('is fetched anew after a day, which changes nothing while it says the same', async () => {
    const first = await open();
    const { fetchedAt } = stored();
    aheadMs = dayMs + 1;
    const second = await open();
    expect(asked).toBe(2);
    expect(stored().fetchedAt > fetchedAt).toBe(true);
    expect(second.mappingHash).toBe(first.mappingHash);
  });

  it('makes a delivery anew when it says something else of what the rules write, and only then', async () => {
    await world.storeRun('r1', eventLines(3));
    await world.storeRun('r2', eventLines(3));
    await world.storeRun('r3', eventLines(3));
    await world.drain(deliver('r1'), { openMapping: openerOf() });
    const opener = openerOf();
    await store((kept) => {
      const properties = { ...kept.schema.properties, added: { type: 'string' } };
      return { ...kept, schema: { ...kept.schema, properties, title: 'another title' } };
    });
    await world.drain(deliver('r2'), { openMapping: opener });
    expect(await world.ledger()).toMatchObject({ state: 'unchanged', deliveries: [{ run: 'r1' }] });
    await store((kept) => {
      const properties = { ...kept.schema.properties, eventType: { type: 'string', maxLength: 99 } };
      return { ...kept, schema: { ...kept.schema, properties } };
    });
    await world.drain(deliver('r3'), { openMapping: opener });
    expect(await world.ledger()).toMatchObject({
      state: 'delivered',
      deliveries: [{ run: 'r3' }, { run: 'r1' }],
    });
  });

  it('is not taken from what was kept for another schema', async () => {
    await open();
    await store((kept) => ({ ...kept, schemaId: `${schemaId}-before` }));
    await open();
    expect(asked).toBe(2);
    expect(stored().schemaId).toBe(schemaId);
  });

  it('is the one that lies in the bucket when two functions fetch different versions at once', async () => {
    const limited = openerOf(standard, schemaId, (schema) => ({
      ...schema,
      properties: { ...Object(schema.properties), eventType: { type: 'string', maxLength: 99 } },
    }));
    const [one, other] = await Promise.all([open(), open(limited)]);
    expect(asked).toBe(2);
    expect(one.mappingHash).toBe(other.mappingHash);
  });

  it('is written over when what lies there can not be read', async () => {
    await world.store.put(key, 'no schema');
    await open();
    expect(stored().schemaId).toBe(schemaId);
    expect(world.log.entries).toContainEqual(expect.objectContaining({ message: 'Schema:Unreadable' }));
  });
});

describe('without the registry', () => {
  const down = () => world.platform.addFault({ route: 'registry', kind: '503', times: 1000 });

  it.each([
    ['does not answer', down, schemaId, 'platform_unavailable'],
    ['does not know the schema', () => undefined, `${schemaId}-other`, 'schema_unknown'],
  ])('a window is delivered unchecked, with a warning, when it %s', async (_, prepare, schema, code) => {
    prepare();
    await world.storeRun('r1', eventLines(5));
    await world.drain(deliver('r1'), { openMapping: openerOf(standard, schema) });
    expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ accepted: 5 }] });
    expect(world.log.entries).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'Schema:NotFetched',
        fields: expect.objectContaining({ code }),
      }),
    );
    expect(asked).toBe(1);
  });

  it('goes on with the schema that it has, however old, and asks again only after a while', async () => {
    const { mappingHash } = await open();
    const opener = openerOf();
    down();
    aheadMs = 3 * dayMs;
    expect((await opener(signal)).mappingHash).toBe(mappingHash);
    expect((await opener(signal)).mappingHash).toBe(mappingHash);
    expect(asked).toBe(2);
    aheadMs += 11 * 60_000;
    await opener(signal);
    expect(asked).toBe(3);
  });

  it('takes a schema that another function has stored meanwhile', async () => {
    const opener = openerOf();
    world.platform.addFault({ route: 'registry', kind: '503' });
    const unchecked = await opener(signal);
    const { mappingHash } = await open();
    expect((await opener(signal)).mappingHash).toBe(mappingHash);
    expect(unchecked.mappingHash).not.toBe(mappingHash);
  });

  it('delivers unchecked when what it gave is no schema of rows', async () => {
    await open();
    await store((kept) => ({ ...kept, schema: { $id: schemaId, title: 'nothing', properties: {} } }));
    const { mapping } = await open();
    expect(mapping.map({ connector: { id: 'a', timestamp: '2026-03-08T00:00:00Z' } }).rejected).toEqual([]);
    expect(world.log.entries).toContainEqual(expect.objectContaining({ message: 'Load:Schema:Unusable' }));
  });
});

describe('a mapping that does not fit the schema', () => {
  const misplaced = [...standard, rule('properties.a', '_simtenant.mixpanel.paln')];

  it('fails its window at once, and says which rule, which path and what is there', async () => {
    await world.storeRun('r1', eventLines(3));
    await world.drain(deliver('r1'), { openMapping: openerOf(misplaced) });
    const [letter] = world.deadLetters;
    expect(letter).toMatchObject({ code: 'config_invalid', body: JSON.stringify(deliver('r1')) });
    expect(letter?.reason).toContain(
      'rule 5 (_simtenant.mixpanel.paln): the schema has no field "paln" in _simtenant.mixpanel, but date, event',
    );
    const ledger = await world.ledger();
    expect(ledger).toMatchObject({ state: 'failed', activeBatch: null });
    expect(ledger.error).toContain('_simtenant.mixpanel.paln');
  });

  it('is delivered as soon as the schema was given the field, without waiting for the day to end', async () => {
    const opener = openerOf(standard);
    await opener(signal);
    await store((kept) => {
      const { environment: _, ...properties } = kept.schema.properties;
      return { ...kept, schema: { ...kept.schema, properties } };
    });
    await expect(opener(signal)).rejects.toMatchObject({ code: 'config_invalid' });
    aheadMs = 61_000;
    expect(await opener(signal)).toHaveProperty('mapping');
    expect(stored().schema.properties).toHaveProperty('environment');
  });
});
