import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createLineSet } from '../../../functions/shared/line-set.ts';
import type { Manifest } from '../../../functions/shared/manifest.ts';
import { partKey, partName, partNameOfKey, supersededKey } from '../../../functions/shared/object-keys.ts';
import {
  readSuperseded,
  type SupersededEntry,
  writeSuperseded,
} from '../../../functions/shared/superseded.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';
import fc from '../../support/seeded-fast-check.ts';

const run = { source: 'shop', date: '2026-03-08', run: 'r1' };

function manifest(
  duplicates: number,
  records: readonly number[],
  numberOf = (index: number) => index,
): Manifest {
  const parts = records.map((count, index) => ({
    key: partKey(run, numberOf(index)),
    records: count,
    bytes: 1,
    gzipBytes: 1,
    sha256: '0'.repeat(64),
  }));
  return {
    version: 1,
    ...run,
    startedAt: '2026-03-09T00:00:00.000Z',
    completedAt: '2026-03-09T00:00:00.000Z',
    requests: 1,
    parts,
    records: 0,
    duplicates,
    bytes: 0,
    contentHash: '0'.repeat(64),
    timestamps: 'utc',
    timezone: 'UTC',
  };
}

function lineSet(lines: number, members: Iterable<number>) {
  const set = createLineSet(lines);
  for (const member of members) set.add(member);
  return set;
}

function entriesOf(parts: ReadonlyMap<number, ReturnType<typeof lineSet>>): SupersededEntry[] {
  return [...parts].map(([part, lines]) => [partName(part), lines]);
}

async function stored(parts: ReadonlyMap<number, ReturnType<typeof lineSet>>) {
  const store = createMemoryObjectStore();
  await writeSuperseded(store, supersededKey(run), entriesOf(parts));
  return store;
}

describe('superseded lines', () => {
  it('are named by part and position, ascending', async () => {
    const store = await stored(
      new Map([
        [12, lineSet(9, [8])],
        [0, lineSet(20, [17, 3])],
      ]),
    );
    const text = gunzipSync(store.objects.get(supersededKey(run)) ?? '').toString();
    expect(JSON.parse(text)).toEqual({ version: 1, parts: { 'part-00000': [3, 17], 'part-00012': [8] } });
  });

  it('are read back as they were written', async () => {
    const positions = fc.uniqueArray(fc.integer({ min: 0, max: 9_999 }), { minLength: 1, maxLength: 6000 });
    await fc.assert(
      fc.asyncProperty(positions, positions, async (first, second) => {
        const store = await stored(
          new Map([
            [0, lineSet(10_000, first)],
            [2, lineSet(10_000, second)],
          ]),
        );
        const all = manifest(first.length + second.length, [10_000, 10_000, 10_000]);
        const read = await readSuperseded(store, all, [1, 2]);
        expect([...read.keys()]).toEqual([2]);
        expect([...(read.get(2) ?? [])]).toEqual(second.toSorted((a, b) => a - b));
        expect(read.get(2)?.count).toBe(second.length);
      }),
      { numRuns: 20 },
    );
  });

  it("are found by the name in the part's key, not by its place in the manifest", async () => {
    const store = await stored(
      new Map([
        [1, lineSet(9, [8])],
        [1000, lineSet(9, [2])],
      ]),
    );
    const all = manifest(2, [9, 9, 9], (index) => [0, 1000, 1001][index] ?? 0);
    const named = { ...all, parts: all.parts.concat(manifest(0, [9], () => 1).parts) };
    const read = await readSuperseded(store, named, [0, 1, 2, 3]);
    expect([...read].map(([index, lines]) => [index, [...lines]])).toEqual([
      [3, [8]],
      [1, [2]],
    ]);
  });

  it("have no name in a key that is no part's", () => {
    expect(partNameOfKey(partKey(run, 123_456))).toBe('part-123456');
    expect(partNameOfKey(supersededKey(run))).toBeUndefined();
  });

  it('are not looked for when the manifest counts none', async () => {
    expect((await readSuperseded(createMemoryObjectStore(), manifest(0, [5]), [0])).size).toBe(0);
  });

  it('must be as many as the manifest counts', async () => {
    const store = await stored(new Map([[0, lineSet(9, [8])]]));
    await expect(readSuperseded(store, manifest(2, [9]), [0])).rejects.toMatchObject({
      code: 'superseded_mismatch',
    });
  });

  it('must lie inside their part', async () => {
    const store = await stored(new Map([[0, lineSet(9, [8])]]));
    await expect(readSuperseded(store, manifest(1, [8]), [0])).rejects.toMatchObject({
      code: 'superseded_mismatch',
    });
  });

  it('must be of parts that the manifest names, as those of another run would be delivered twice', async () => {
    const store = await stored(new Map([[7, lineSet(9, [8])]]));
    await expect(readSuperseded(store, manifest(1, [9]), [0])).rejects.toMatchObject({
      code: 'superseded_mismatch',
      retryable: false,
    });
  });

  it('are an error to try again when the object is missing or cut', async () => {
    const store = createMemoryObjectStore();
    const read = () => readSuperseded(store, manifest(1, [9]), [0]);
    await expect(read()).rejects.toMatchObject({ retryable: true });
    store.objects.set(
      supersededKey(run),
      gzipSync('{"version":1,"parts":{\n"part-00000":[1]\n}}\n').subarray(0, 30),
    );
    await expect(read()).rejects.toMatchObject({ code: 'superseded_unreadable', retryable: true });
  });

  it('may be more than other values from outside may have', async () => {
    const records = 300_000;
    const every = Array.from({ length: records }, (_, line) => line);
    const store = await stored(new Map([[0, lineSet(records, every)]]));
    const read = await readSuperseded(store, manifest(records, [records]), [0]);
    expect(read.get(0)?.count).toBe(records);
  });

  it('that are no numbers are refused by one sentence, however many', async () => {
    const store = createMemoryObjectStore();
    const lines = `"part-00000":[${Array.from({ length: 300_000 }, () => -1)}]`;
    store.objects.set(supersededKey(run), gzipSync(`{"version":1,"parts":{\n${lines}\n}}\n`));
    await expect(readSuperseded(store, manifest(1, [9]), [0])).rejects.toMatchObject({
      problems: [expect.stringMatching(/^part-00000: found .{60}…; must be a list of line numbers$/)],
    });
  });

  it('leave nothing stored when writing is aborted', async () => {
    const store = createMemoryObjectStore();
    const parts = new Map([[0, lineSet(9, [8])]]);
    const written = writeSuperseded(store, supersededKey(run), entriesOf(parts), AbortSignal.abort());
    await expect(written).rejects.toThrow();
    expect(store.objects.size).toBe(0);
  });
});

describe('a line set', () => {
  it('holds what was added, once, in order', () => {
    const lines = fc.array(fc.integer({ min: 0, max: 99 }));
    fc.assert(
      fc.property(lines, (added) => {
        const set = lineSet(100, added);
        const expected = [...new Set(added)].sort((a, b) => a - b);
        expect([...set]).toEqual(expected);
        expect(set.count).toBe(expected.length);
        expect(expected.every((line) => set.has(line))).toBe(true);
      }),
    );
  });

  it('refuses a line that the part does not have', () => {
    expect(() => createLineSet(5).add(5)).toThrow(RangeError);
    expect(createLineSet(5).has(5)).toBe(false);
  });
});
