import { hash } from 'node:crypto';
import * as z from 'zod';

/** How much of a line's SHA-256 goes into the sum. */
export const lineHashBytes = 16;
const lanes = lineHashBytes / 4;
/** A lane is a double, exact up to 2^53: it takes 2^21 additions of 32 bits. Half of that leaves no doubt. */
const maxAdditions = 2 ** 20;

/** The lines of a part of a window, added up. */
export const contentSumSchema = z.object({
  count: z.int().nonnegative(),
  /** Hex digits. */
  sum: z.string().regex(/^[0-9a-f]+$/),
});
export type ContentSum = z.output<typeof contentSumSchema>;

export interface ContentAdder {
  /** Adds the line whose hash begins at this offset. */
  add(bytes: Buffer, offset: number): void;
  sum(): ContentSum;
}

/**
 * Hash of a set of lines that does not depend on their order: two exports of a window may list it differently, or cut
 * it differently. The lines' own hashes are added up, and sum and count are hashed. It recognises equal content; as the
 * sum of 128-bit values it is no protection against someone who forges events to keep it, who would gain nothing by it.
 *
 * @param sums of lines that have no line in common.
 * @returns 64 hex digits.
 */
export function contentHashOf(sums: readonly ContentSum[]): string {
  const count = sums.reduce((total, part) => total + part.count, 0);
  const sum = sums.reduce((total, part) => total + BigInt(`0x${part.sum}`), 0n);
  return hash('sha256', `1:${count}:${sum.toString(16)}`);
}

/** Adds up lines for {@link contentHashOf}. */
export function createContentAdder(): ContentAdder {
  const sums = new Float64Array(lanes);
  let total = 0n;
  let count = 0;
  let additions = 0;

  const settle = () => {
    for (let lane = 0; lane < lanes; lane += 1) {
      total += BigInt(sums[lane] ?? 0) << BigInt(32 * lane);
    }
    sums.fill(0);
    additions = 0;
  };

  return {
    add(bytes, offset) {
      for (let lane = 0; lane < lanes; lane += 1) {
        sums[lane] = (sums[lane] ?? 0) + bytes.readUInt32LE(offset + 4 * lane);
      }
      count += 1;
      additions += 1;
      if (additions === maxAdditions) settle();
    },
    sum() {
      settle();
      return { count, sum: total.toString(16) };
    },
  };
}
