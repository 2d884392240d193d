import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { contentHashOf, createContentAdder, lineHashBytes } from '../../../functions/shared/content-hash.ts';
import fc from '../../support/seeded-fast-check.ts';

const hashOf = (line: string) => createHash('sha256').update(line).digest().subarray(0, lineHashBytes);

function contentHash(lines: readonly string[]): string {
  const content = createContentAdder();
  for (const line of lines) content.add(hashOf(line), 0);
  return contentHashOf([content.sum()]);
}

describe('the content hash', () => {
  it('does not depend on the order of lines', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.string(), { maxLength: 50 })
          .chain((lines) =>
            fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length })),
          ),
        ([lines, shuffled]) => {
          expect(contentHash(shuffled)).toBe(contentHash(lines));
        },
      ),
    );
  });

  it('changes with any line added, removed, repeated or altered', () => {
    const hashes = [[], ['a'], ['b'], ['a', 'b'], ['a', 'a'], ['a', 'a', 'b'], ['a', 'b ']].map(contentHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
  });

  it('stays exact over millions of the largest values', () => {
    const count = 2 ** 21 + 3;
    const content = createContentAdder();
    const largest = Buffer.alloc(lineHashBytes, 0xff);
    for (let line = 0; line < count; line += 1) content.add(largest, 0);
    const sum = (2n ** 128n - 1n) * BigInt(count);
    const expected = createHash('sha256')
      .update(`1:${count}:${sum.toString(16)}`)
      .digest('hex');
    expect(contentHashOf([content.sum()])).toBe(expected);
  });

  it('reads a hash from the middle of a buffer', () => {
    const content = createContentAdder();
    content.add(Buffer.concat([Buffer.alloc(5), hashOf('a')]), 5);
    expect(contentHashOf([content.sum()])).toBe(contentHash(['a']));
  });
});
