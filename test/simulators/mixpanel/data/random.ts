/**
 * A bijection on 32-bit whole numbers that leaves no pattern of its input (the "lowbias32" constants). Being a bijection
 * it also turns an event's index into an id that no other index gets.
 */
export function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** One seed from several parts; the same parts always give the same seed. */
export function seedFrom(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify(parts)) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return mix(hash);
}

/** A small, fast, repeatable generator: one per event costs less than the event's first property. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** The next 32 random bits as a whole number from 0. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state);
  }

  /** A number from 0 up to, but without, 1. */
  fraction(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** A whole number from 0 up to, but without, `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** Whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(share: number): boolean {
    return this.fraction() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error('picking from an empty list');
    return item;
  }
}

/** Text of every 16-bit number in hex: looking it up is several times faster than formatting it. */
const hexOf16 = Array.from({ length: 0x1_0000 }, (_, value) => value.toString(16).padStart(4, '0'));
/** Every 15-bit number as three base-36 characters (36³ = 46656 > 32768). */
const base36Of15 = Array.from({ length: 0x8000 }, (_, value) => value.toString(36).padStart(3, '0'));

/** 32 bits as eight hex digits. */
export function hex8(value: number): string {
  return `${hexOf16[value >>> 16]}${hexOf16[value & 0xffff]}`;
}

/** 32 bits as nine base-36 characters; distinct values stay distinct. */
export function base36Of32(value: number): string {
  return `${base36Of15[value & 0x7fff]}${base36Of15[(value >>> 15) & 0x7fff]}${base36Of15[value >>> 30]}`;
}

/** A UUID version 4 from four times 32 bits; the first and the last are kept whole. */
export function uuidOf(first: number, second: number, third: number, last: number): string {
  const [middle, version] = [hexOf16[second >>> 16], hexOf16[second & 0xffff]?.slice(1)];
  const [variant, rest] = [hexOf16[third >>> 16]?.slice(1), hexOf16[third & 0xffff]];
  return `${hex8(first)}-${middle}-4${version}-a${variant}-${rest}${hex8(last)}`;
}
