import { hash } from 'node:crypto';

/** How much of a line's SHA-256 goes into the sum. */
export const lineHashBytes = 16;
const lanes = lineHashBytes / 4;
/** A lane is a double, exact up to 2^53: it takes 2^21 additions of 32 bits. Half of that leaves no doubt. */
const maxAdditions = 2 ** 20;

export interface ContentHash {
  /** Adds the line whose hash begins at this offset. */
  add(bytes: Buffer, offset: number): void;
  /** 64 hex digits. May be called once only. */
  digest(): string;
}

/**
 * Hash of a set of lines that does not depend on their order: two exports of a window may list it differently. The
 * lines' own hashes are added up, and sum and count are hashed. It recognises equal content; as the sum of 128-bit
 * values it is no protection against someone who forges events to keep it, who would gain nothing by it.
 */
export function createContentHash(): ContentHash {
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
    digest() {
      settle();
      return hash('sha256', `1:${count}:${total.toString(16)}`);
    },
  };
}
