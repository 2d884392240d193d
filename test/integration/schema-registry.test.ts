import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { createLoadWorld, type LoadWorld } from '../support/load-world.ts';

const { schemaId } = localPlatform;

let world: LoadWorld;
beforeEach(async () => {
  world = await createLoadWorld();
});
afterEach(() => world.close());

const registry = () => createSchemaRegistry(world.client);

describe('the Schema Registry', () => {
  it('gives a schema in its full form, by its $id and by its short id', async () => {
    const schema = await registry().readFullSchema(schemaId);
    expect(schema).toMatchObject({
      $id: schemaId,
      properties: { timestamp: { type: 'string', format: 'date-time' } },
    });
    expect(schema).not.toHaveProperty('allOf');
    expect(await registry().readFullSchema(String(schema?.['meta:altId']))).toEqual(schema);
  });

  it('knows nothing of a schema that is not there', async () => {
    expect(await registry().readFullSchema(`${schemaId}-other`)).toBeUndefined();
  });

  it('is an error that may pass while it does not answer', async () => {
    world.platform.addFault({ route: 'registry', kind: '503' });
    await expect(registry().readFullSchema(schemaId)).rejects.toMatchObject({
      code: 'platform_unavailable',
      retryable: true,
    });
  });

  it('is not waited for longer than the caller waits', async () => {
    world.platform.addFault({ route: 'registry', kind: 'slow', delayMs: 5000 });
    const asking = registry().readFullSchema(schemaId, AbortSignal.timeout(50));
    await expect(asking).rejects.toMatchObject({ code: 'vendor_unreachable' });
  });
});
