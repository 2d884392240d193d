import { idBytes } from '../shared/record-identity.ts';
import { entryBytes, processedAt } from './index-entry.ts';
import type { SecretHash } from './secret-hash.ts';
import type { SpillPartition } from './spill-partition.ts';

/** Read at once: 1 MB. */
const blockBytes = 21_845 * entryBytes;
const entryWords = entryBytes / 4;
const keyWords = idBytes / 4;

/** What becomes of each entry of a partition: just one of these is called for it. */
export interface Outcome {
  /** Another entry of its key has the better claim. */
  lost(entries: Buffer, offset: number): void;
  kept(entries: Buffer, offset: number): void;
  /** There was no room for its key: it must be judged later, with the others of which this is said, in this order. */
  postponed(entries: Uint32Array, firstWord: number): void;
}

export interface EntryJudge {
  judge(partition: Pick<SpillPartition, 'bytes' | 'read'>, outcome: Outcome): void;
}

export interface EntryJudgeOptions {
  readonly hash: SecretHash;
  /** Bytes of the largest partition. */
  readonly largest: number;
  /** Keys that are held at once, whatever comes. */
  readonly maxKeys: number;
}

/**
 * Finds of each key the newest entry, in one room for all partitions: as large as the largest of them, and bounded. Of a
 * key only the best entry so far is held, so that an event sent again and again takes no more room than one. When there is
 * none for another key, that key is postponed, with all of its entries.
 */
export function createEntryJudge({ hash, largest, maxKeys }: EntryJudgeOptions): EntryJudge {
  const maxHeld = maxKeys * entryBytes;
  const entries = Buffer.allocUnsafeSlow(Math.min(largest, maxHeld + blockBytes));
  const words = new Uint32Array(entries.buffer);
  // Open addressing, at most half full: the first word of the entry that holds a key, or -1.
  const mostKeys = Math.max(1, Math.min(largest, maxHeld) / entryBytes);
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * mostKeys)));
  const mask = slots.length - 1;

  const sameKey = (one: number, other: number) => {
    for (let word = 0; word < keyWords; word += 1)
      if (words[one + word] !== words[other + word]) return false;
    return true;
  };
  /** The slot of the entry's key, or the one that it may take. */
  const slotOf = (first: number) => {
    let slot = hash(words, first) & mask;
    for (;;) {
      const holder = slots[slot] ?? -1;
      if (holder === -1 || sameKey(holder, first)) return slot;
      slot = (slot + 1) & mask;
    }
  };
  const move = (from: number, to: number) => {
    for (let word = 0; word < entryWords; word += 1) words[to + word] = words[from + word] ?? 0;
  };
  /** Whether the entry at `one` was processed after the one at `other`. */
  const isNewer = (one: number, other: number) =>
    entries.readDoubleLE(4 * one + processedAt) > entries.readDoubleLE(4 * other + processedAt);

  return {
    judge(partition, outcome) {
      slots.fill(-1);
      let held = 0;
      const judgeOne = (first: number) => {
        const slot = slotOf(first);
        const holder = slots[slot] ?? -1;
        if (holder === -1 && held === maxHeld) {
          outcome.postponed(words, first);
        } else if (holder === -1) {
          slots[slot] = held / 4;
          move(first, held / 4);
          held += entryBytes;
        } else if (isNewer(holder, first)) {
          outcome.lost(entries, 4 * first);
        } else {
          // Entries come in the order of lines: on a tie the later line takes the place.
          outcome.lost(entries, 4 * holder);
          move(first, holder);
        }
      };
      for (let from = 0; from < partition.bytes; from += blockBytes) {
        const length = Math.min(blockBytes, partition.bytes - from);
        // Behind what is held, which is never more than was read.
        const [begin, end] = [held / 4, (held + length) / 4];
        partition.read(from, length, entries, held);
        for (let first = begin; first < end; first += entryWords) judgeOne(first);
      }
      for (let offset = 0; offset < held; offset += entryBytes) outcome.kept(entries, offset);
    },
  };
}
