import { expect, it } from 'vitest';
import { IdSet } from '../../simulators/platform/id-set.ts';
import { maxRowBytes, type RawRow, splitLines, splitObjects } from '../../simulators/platform/split-rows.ts';
import fc from '../../support/seeded-fast-check.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function collect(rows: AsyncIterable<RawRow[]>): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = [];
  for await (const some of rows) texts.push(...some.map((one) => one?.toString('utf8')));
  return texts;
}

const objects = fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { maxKeys: 4 }), {
  maxLength: 8,
});
const pieceSize = fc.integer({ min: 1, max: 40 });

it('finds every line, however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(objects, pieceSize, fc.boolean(), async (values, size, lastEnd) => {
      const lines = values.map((value) => JSON.stringify(value));
      const bytes = Buffer.from(lines.join('\n') + (lastEnd ? '\n\n' : ''));
      expect(await collect(splitLines(inPieces(bytes, size)))).toEqual(lines);
    }),
  );
});

it('finds every object, in a list or loose, however it is written and cut', async () => {
  await fc.assert(
    fc.asyncProperty(objects, pieceSize, fc.boolean(), async (values, size, list) => {
      const text = list
        ? JSON.stringify(values, null, 2)
        : values.map((value) => JSON.stringify(value, null, 1)).join(' ');
      const found = await collect(splitObjects(inPieces(Buffer.from(text), size)));
      expect(found.map((one) => JSON.parse(one ?? ''))).toEqual(JSON.parse(JSON.stringify(values)));
    }),
  );
});

it('gives up a row that is too long, and none of its neighbours', async () => {
  const bytes = Buffer.concat([Buffer.from('a\n'), Buffer.alloc(maxRowBytes + 1, 'x'), Buffer.from('\nb\n')]);
  expect(await collect(splitLines(inPieces(bytes, 1 << 20)))).toEqual(['a', undefined, 'b']);
});

it('remembers ids as a set of texts would', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 200 }), (ids) => {
      const set = new IdSet();
      const known = new Set<string>();
      for (const id of ids) {
        expect(set.add(id)).toBe(!known.has(id));
        known.add(id);
      }
      expect(set.size).toBe(known.size);
    }),
  );
  const many = new IdSet();
  for (let count = 0; count < 20_000; count += 1) many.add(`${count % 10_000}`);
  expect(many.size).toBe(10_000);
});
