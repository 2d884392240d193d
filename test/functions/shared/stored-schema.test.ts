import { beforeEach, describe, expect, it } from 'vitest';
import { TerminalError } from '../../../functions/shared/errors.ts';
import { schemaKey } from '../../../functions/shared/object-keys.ts';
import type { FullSchema } from '../../../functions/shared/platform/schema-registry.ts';
import { createSchemaKeeper } from '../../../functions/shared/stored-schema.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';

const key = schemaKey('shop');
const signal = new AbortController().signal;

let store: MemoryObjectStore;
let nowMs: number;
beforeEach(() => {
  store = createMemoryObjectStore();
  nowMs = Date.parse('2026-03-08T00:00:00Z');
});

/** A version of the schema. */
const version = (title: string, $id = 's1'): FullSchema => ({ $id, title });

/** A keeper of its own, whose registry answers this. */
function keeperOf(answer: () => Promise<FullSchema | undefined>, schemaId = 's1') {
  const registry = { readFullSchema: answer };
  const clock = () => {
    nowMs += 1;
    return nowMs;
  };
  return createSchemaKeeper({ store, registry, source: 'shop', schemaId, clock, log: createRecordedLog() });
}

const answering = (title: string) => keeperOf(async () => version(title));
const stored = (): unknown => JSON.parse(String(store.objects.get(key)));

describe('refreshing the schema', () => {
  it('asks the registry however young the kept one is, and has every function go by the answer', async () => {
    await answering('before').read(signal);
    expect(await answering('grown').refresh()).toMatchObject({ document: version('grown'), isKept: true });
    expect((await answering('never asked for').read(signal))?.document).toEqual(version('grown'));
  });

  it('keeps it where nothing was kept yet', async () => {
    await answering('made').refresh();
    expect(stored()).toMatchObject({ version: 1, schemaId: 's1', schema: version('made') });
  });

  it('throws what the registry says, and leaves what is kept', async () => {
    await answering('before').read(signal);
    const failing = keeperOf(async () => {
      throw new TerminalError('platform_auth', 'refused');
    });
    await expect(failing.refresh()).rejects.toMatchObject({ code: 'platform_auth' });
    expect(await keeperOf(async () => undefined).refresh()).toBeUndefined();
    expect(stored()).toMatchObject({ schema: version('before') });
  });

  it('leaves what is kept of another schema, which is the one that is deployed', async () => {
    await answering('before').read(signal);
    const moved = keeperOf(async () => version('other', 's2'), 's2');
    expect(await moved.refresh()).toMatchObject({ document: version('other', 's2'), isKept: false });
    expect(stored()).toMatchObject({ schemaId: 's1' });
  });

  it('writes over what another had asked for earlier and was faster to write', async () => {
    let asked = 0;
    const keeper = keeperOf(async () => {
      asked += 1;
      if (asked === 1) await answering('asked for before it was grown').read(signal);
      return version('grown');
    });
    expect(await keeper.refresh()).toMatchObject({ document: version('grown'), isKept: true });
    expect(asked).toBe(2);
    expect(stored()).toMatchObject({ schema: version('grown') });
  });

  it('goes by what lies there when another was faster twice, since that was asked for later', async () => {
    let asked = 0;
    const keeper = keeperOf(async () => {
      asked += 1;
      const title = `faster ${asked}`;
      await answering(title).refresh();
      return version('grown');
    });
    expect(await keeper.refresh()).toMatchObject({ document: version('faster 2'), isKept: true });
    expect(stored()).toMatchObject({ schema: version('faster 2') });
  });
});
