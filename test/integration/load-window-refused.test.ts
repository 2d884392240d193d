import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { CompiledMapping } from '../../functions/shared/mapping/index.ts';
import { refusedKey } from '../../functions/shared/object-keys.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  eventNames,
  type LoadWorld,
  mappingRejecting,
  window,
} from '../support/load-world.ts';

let world: LoadWorld;
afterEach(() => world.close());

/** What is kept of Platform's refusals: lines of JSON, as they are. */
function kept(run = 'r1'): string[] | undefined {
  const stored = world.store.objects.get(refusedKey({ ...window, run }));
  return stored === undefined ? undefined : gunzipSync(stored).toString().trimEnd().split('\n');
}

function logged(message: string): boolean {
  return world.log.entries.some((entry) => entry.message === message);
}

/** As the world's mapping, with a timestamp that is none for every event of that name. */
function mappingSpoiling(names: ReadonlySet<string>): CompiledMapping {
  const mapping = mappingRejecting(undefined);
  return {
    map(record) {
      const mapped = mapping.map(record);
      const { event } = z.object({ event: z.string() }).parse(record);
      if (!names.has(event)) return mapped;
      const output = { ...mapped.output, timestamp: 'yesterday' };
      return { ...mapped, output, text: JSON.stringify(output) };
    },
  };
}

describe('rows that Platform refuses', () => {
  it('are kept as our own records, byte for byte, with Platform’s code and words', async () => {
    world = await createLoadWorld();
    const lines = eventLines(100).map((line) => line.replace('"u"', '"u","n":1.0'));
    await world.storeRun('r1', lines, 30);
    await world.drain(deliver('r1'), { mapping: mappingSpoiling(new Set(['e7', 'e95'])) });
    expect(await world.ledger()).toMatchObject({
      state: 'delivered',
      deliveries: [{ accepted: 98, failed: 2 }],
    });
    expect(kept()).toEqual(
      Array(2).fill(expect.stringMatching(/^\{"reason":"DCVS-[^"]*timestamp[^"]*","record":\{/)),
    );
    expect(kept()?.map((line) => line.slice(line.indexOf('"record":') + 9, -1))).toEqual([
      lines[7],
      lines[95],
    ]);
  });

  it('are found by what Platform shows of a row that it could not read', async () => {
    world = await createLoadWorld();
    world.platform.addFault({ outcome: 'partial', rows: 1 });
    const lines = eventLines(30);
    await world.storeRun('r1', lines);
    await world.drain(deliver('r1'));
    expect(kept()).toEqual([`{"reason":"1401: the row is corrupt and cannot be read","record":${lines[0]}}`]);
  });

  it('are kept as Platform shows them where they are none of our records any more', async () => {
    world = await createLoadWorld();
    world.platform.addFault({ outcome: 'partial', rows: 1 });
    await world.storeRun('r1', eventLines(30));
    await world.receive(deliver('r1'));
    const mapping = mappingRejecting(undefined);
    const other: CompiledMapping = {
      map: (record) => ({ ...mapping.map(record), output: { _id: 'another' } }),
    };
    await world.drain(undefined, { mapping: other });
    expect(await world.ledger()).toMatchObject({ state: 'delivered' });
    expect(kept()).toHaveLength(1);
    expect(kept()?.[0]).toContain('"record":"{\\"_id\\":');
  });

  it('are kept for a batch that fails, too', async () => {
    world = await createLoadWorld();
    const lines = eventLines(3);
    await world.storeRun('r1', lines);
    await world.drain(deliver('r1'), { mapping: mappingSpoiling(new Set(eventNames(3))) });
    expect(await world.ledger()).toMatchObject({ state: 'failed', activeBatch: null });
    expect(world.deadLetters).toMatchObject([
      { code: 'batch_failed', reason: expect.stringContaining('DCVS') },
    ]);
    expect(kept()?.map((line) => line.slice(line.indexOf('"record":') + 9, -1))).toEqual(lines);
  });

  it('leave nothing behind once a later delivery of the run has none', async () => {
    world = await createLoadWorld();
    world.platform.addFault({ outcome: 'partial', rows: 1 });
    await world.storeRun('r1', eventLines(30));
    await world.drain(deliver('r1'));
    expect(kept()).toHaveLength(1);
    await world.drain(deliver('r1', 'reload'), { mappingHash: 'mapping-2' });
    expect(await world.ledger()).toMatchObject({ deliveries: [{ failed: 0 }, { failed: 1 }] });
    expect(kept()).toBeUndefined();
  });
});

describe('reasons that can’t be had', () => {
  it.each([
    ['the API is gone', { platform: { dataAccess: false } }, 'Load:Refused:NotOffered'],
    [
      'the configuration says not to ask',
      { source: { wire: { dataAccess: false } } },
      'Load:Refused:NotOffered',
    ],
  ])('decide nothing: %s', async (_, options, message) => {
    world = await createLoadWorld(options);
    world.platform.addFault({ outcome: 'partial', rows: 1 });
    await world.storeRun('r1', eventLines(30));
    await world.drain(deliver('r1'));
    expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ failed: 1 }] });
    expect(kept()).toBeUndefined();
    expect(logged(message)).toBe(true);
  });

  it.each(['reset', '500', '503', '429', '401013'] as const)(
    'decide nothing: the API answers by %s',
    async (kind) => {
      world = await createLoadWorld();
      world.platform.addFault({ outcome: 'partial', rows: 1 });
      world.platform.addFault({ route: 'export', kind, times: 20 });
      await world.storeRun('r1', eventLines(30));
      await world.drain(deliver('r1'));
      expect(await world.ledger()).toMatchObject({ state: 'delivered', deliveries: [{ failed: 1 }] });
      expect(world.deadLetters).toEqual([]);
      expect(logged('Load:Refused:NotKept')).toBe(true);
    },
  );
});
