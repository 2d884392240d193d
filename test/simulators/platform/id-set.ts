import { createHash } from 'node:crypto';

/**
 * A set of ids that remembers 64 bits of each one's hash, 16 to 32 bytes an id: ten million events fit, where a set
 * of strings would not. Two ids of ten million share those bits with a chance of one in 370 000.
 */
export class IdSet {
  #slots = new BigUint64Array(1 << 12);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether the id is new. */
  add(id: string): boolean {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const digest = createHash('sha1').update(id).digest();
    // Zero marks a free slot.
    const hash = digest.readBigUInt64LE(0) || 1n;
    const added = place(this.#slots, hash);
    if (added) this.#size += 1;
    return added;
  }

  #grow(): void {
    const larger = new BigUint64Array(this.#slots.length * 2);
    for (const hash of this.#slots) if (hash !== 0n) place(larger, hash);
    this.#slots = larger;
  }
}

function place(slots: BigUint64Array, hash: bigint): boolean {
  const mask = slots.length - 1;
  let index = Number(hash & BigInt(mask));
  for (;;) {
    const found = slots[index];
    if (found === hash) return false;
    if (found === 0n) {
      slots[index] = hash;
      return true;
    }
    index = (index + 1) & mask;
  }
}
