import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDuplicateIndex } from '../../../functions/export-window/duplicate-index.ts';
import { createSecretHash } from '../../../functions/export-window/secret-hash.ts';
import fc from '../../support/seeded-fast-check.ts';

/** Of a key, 16 bytes of which count. */
const fixed = createHash('sha256').update('chosen').digest();

/** Keys that differ only in these bytes: more alike than anybody's search can make them. */
function keysAlikeBut(bytes: readonly number[], count: number): Buffer[] {
  return Array.from({ length: count }, (_, number) => {
    const key = Buffer.from(fixed);
    bytes.forEach((byte, digit) => {
      key[byte] = Math.floor(number / 256 ** digit) % 256;
    });
    return key;
  });
}

/** Each byte is one of two. */
function keysOfTwoValues(count: number): Buffer[] {
  return Array.from({ length: count }, (_, number) =>
    Buffer.from(Array.from({ length: 32 }, (_, byte) => (((number >> (byte % 16)) & 1) === 1 ? 0xff : 0))),
  );
}

const many = 40_000;

describe('keys that were chosen', () => {
  it.each([
    ['with one beginning', keysAlikeBut([14, 15], many)],
    ['with one end', keysAlikeBut([0, 1], many)],
    ['with one beginning and one end', keysAlikeBut([7, 8], many)],
    ['that differ in one byte of two words', keysAlikeBut([3, 11], many)],
    ['whose bytes are all one of two', keysOfTwoValues(many)],
  ])('%s are dealt out evenly, by the upper bits and by the lower', (_, keys) => {
    const hash = createSecretHash();
    const ofUpper = new Map<number, number>();
    const ofLower = new Map<number, number>();
    for (const key of keys) {
      const value = hash(new Uint32Array(new Uint8Array(key).buffer), 0);
      ofUpper.set(value >>> 26, (ofUpper.get(value >>> 26) ?? 0) + 1);
      ofLower.set(value & 63, (ofLower.get(value & 63) ?? 0) + 1);
    }
    // 625 each, give or take 25: half as many more would be 12 times that.
    expect(Math.max(...ofUpper.values())).toBeLessThan((1.5 * many) / 64);
    expect(Math.max(...ofLower.values())).toBeLessThan((1.5 * many) / 64);
  });

  it('fall together otherwise in each index, so that nothing is learnt from the one before', () => {
    const [one, other] = [createSecretHash(), createSecretHash()];
    const keys = keysAlikeBut([14], 256).map((key) => new Uint32Array(new Uint8Array(key).buffer));
    const same = keys.filter((key) => one(key, 0) === other(key, 0));
    expect(same.length).toBeLessThan(3);
  });

  const line = fc.record({
    // A few keys that differ in one byte, wherever that is.
    key: fc.record({ byte: fc.constantFrom(0, 4, 15), value: fc.integer({ min: 0, max: 5 }) }),
    processed: fc.integer({ min: 0, max: 3 }),
  });

  it('are judged as the rule says, however few of them there is room for', () => {
    const bounds = fc.record({
      maxKeys: fc.integer({ min: 1, max: 4 }),
      bufferedEntries: fc.constantFrom(1, 3),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 120 }), bounds, (lines, bounds) => {
        const entries = lines.map(({ key, processed }) => {
          const bytes = Buffer.from(fixed);
          bytes[key.byte] = key.value;
          return { key: bytes.toString('hex'), processed };
        });
        const kept = new Map<string, number>();
        entries.forEach(({ key, processed }, number) => {
          if (processed >= (entries[kept.get(key) ?? -1]?.processed ?? 0)) kept.set(key, number);
        });
        const lost = entries.flatMap(({ key }, number) => (kept.get(key) === number ? [] : [number]));
        const index = createDuplicateIndex(undefined, bounds);
        entries.forEach(({ key, processed }, number) => {
          index.add({ key, digest: key, processed, part: 0, line: number });
        });
        const { duplicates, superseded, content } = index.judge(() => entries.length);
        index.close();
        expect([...(superseded.get(0) ?? [])]).toEqual(lost);
        expect({ duplicates, kept: content.count }).toEqual({ duplicates: lost.length, kept: kept.size });
      }),
    );
  });
});

/** The most memory of buffers that judging took at any moment at which a part's first loser was found. */
function memoryToJudge(keys: Iterable<string>, maxKeys: number) {
  const index = createDuplicateIndex(undefined, { maxKeys, bufferedEntries: 16 });
  let lines = 0;
  for (const key of keys) {
    index.add({ key, digest: key, processed: lines, part: Math.floor(lines / 100), line: lines % 100 });
    lines += 1;
  }
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const { duplicates, content } = index.judge(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    return 100;
  });
  index.close();
  return { most, duplicates, kept: content.count };
}

describe('memory that judging takes', () => {
  const megabyte = 1e6;
  const lines = 200_000;

  // 200,000 entries have 9.6 MB; a block that is read has one.
  it('does not grow with an event that is sent again and again', () => {
    const key = fixed.toString('hex');
    const { most, ...counts } = memoryToJudge(
      Array.from({ length: lines }, () => key),
      1000,
    );
    expect(counts).toEqual({ duplicates: lines - 1, kept: 1 });
    expect(most).toBeLessThan(2 * megabyte);
  });

  it('does not grow with keys for which there is no room, which are all judged in their turn', () => {
    const keys = Array.from({ length: lines / 2 }, () => randomBytes(32).toString('hex'));
    const { most, ...counts } = memoryToJudge([...keys, ...keys], 100);
    expect(counts).toEqual({ duplicates: lines / 2, kept: lines / 2 });
    expect(most).toBeLessThan(2 * megabyte);
  });
});
