import { randomBytes } from 'node:crypto';
import { idBytes } from '../shared/record-identity.ts';

const keyWords = idBytes / 4;

/** 32 bits for the key of which the first word is here, unsigned. */
export type SecretHash = (words: Uint32Array, firstWord: number) => number;

/**
 * A hash of keys that nobody can know beforehand. Whoever sends events can search for ids until their keys begin or end
 * alike, but can't know which of them fall together here. It is tabulation hashing: a random number for each value of each
 * byte. For keys chosen without knowing these numbers, it fills buckets evenly and keeps linear probing short
 * (Pătraşcu and Thorup, "The Power of Simple Tabulation Hashing", 2012).
 *
 * The numbers are drawn for each index and die with it: nothing that is stored depends on them.
 */
export function createSecretHash(): SecretHash {
  const random = randomBytes(idBytes * 256 * 4);
  const table = Int32Array.from({ length: idBytes * 256 }, (_, number) => random.readInt32LE(4 * number));
  return (words, firstWord) => {
    let hash = 0;
    for (let number = 0; number < keyWords; number += 1) {
      const word = words[firstWord + number] ?? 0;
      const row = number << 10;
      hash ^=
        (table[row | (word & 255)] ?? 0) ^
        (table[row | 256 | ((word >>> 8) & 255)] ?? 0) ^
        (table[row | 512 | ((word >>> 16) & 255)] ?? 0) ^
        (table[row | 768 | (word >>> 24)] ?? 0);
    }
    return hash >>> 0;
  };
}
