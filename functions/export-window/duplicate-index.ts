import { tmpdir } from 'node:os';
import { type ContentSum, createContentAdder, lineHashBytes } from '../shared/content-hash.ts';
import { createLineSet, type MutableLineSet } from '../shared/line-set.ts';
import { idBytes } from '../shared/record-identity.ts';
import { createSpillPartition, type SpillPartition } from './spill-partition.ts';

/**
 * Entry: key (16 bytes), line hash (16), mp_processing_time_ms (double), part (uint32), line (uint32). A million
 * events take 48 MB of temporary storage.
 */
const lineHashAt = idBytes;
const processedAt = lineHashAt + lineHashBytes;
const partAt = processedAt + 8;
const lineAt = partAt + 4;
const entryBytes = lineAt + 4;

/** One is judged at a time, in memory: of 100 million events 1.6 million, in 75 MB and a table of 16 MB. */
const partitionCount = 64;
/** 48 KB buffered per partition, 3 MB in all: small windows never touch the disk. */
const defaultBufferedEntries = 1024;

/** What is known of one line when it is archived. */
export interface IndexedLine {
  /** SHA-256 of the record's key, in hex. */
  readonly key: string;
  /** SHA-256 of the line, in hex. */
  readonly digest: string;
  /** `mp_processing_time_ms` as it came. */
  readonly processed: unknown;
  readonly part: number;
  readonly line: number;
}

export interface Verdict {
  readonly duplicates: number;
  /** By part; parts without duplicates are left out. */
  readonly superseded: ReadonlyMap<number, MutableLineSet>;
  /** Of the lines that are kept. */
  readonly content: ContentSum;
}

export interface DuplicateIndex {
  add(line: IndexedLine): void;
  /**
   * Finds the lines that lost against another of the same key.
   *
   * @param recordsOf how many lines a part has.
   */
  judge(recordsOf: (part: number) => number): Verdict;
  /** Gives up memory and disk. Must be called whatever happens. */
  close(): void;
}

/**
 * Finds duplicates exactly over a window of any size, in bounded memory: entries are dealt out by key, equal keys to the
 * same partition, and each partition is judged on its own.
 */
export function createDuplicateIndex(
  directory = tmpdir(),
  bufferedEntries = defaultBufferedEntries,
): DuplicateIndex {
  const partitions: SpillPartition[] = Array.from({ length: partitionCount }, () =>
    createSpillPartition(directory, entryBytes, bufferedEntries),
  );
  const partitionOf = (key: string) => {
    const partition = partitions[Number.parseInt(key.slice(0, 2), 16) % partitionCount];
    if (partition === undefined) throw new Error('adding a line: the duplicate index is closed');
    return partition;
  };

  return {
    add({ key, digest, processed, part, line }) {
      const partition = partitionOf(key);
      const at = partition.reserve();
      const { buffer } = partition;
      buffer.write(key, at, idBytes, 'hex');
      buffer.write(digest, at + lineHashAt, lineHashBytes, 'hex');
      buffer.writeDoubleLE(processingRank(processed), at + processedAt);
      buffer.writeUInt32LE(part, at + partAt);
      buffer.writeUInt32LE(line, at + lineAt);
    },
    judge(recordsOf) {
      const superseded = new Map<number, MutableLineSet>();
      const content = createContentAdder();
      let duplicates = 0;
      for (const partition of partitions) {
        const entries = partition.readAll();
        const lost = losers(entries);
        for (let entry = 0; entry * entryBytes < entries.length; entry += 1) {
          const at = entry * entryBytes;
          if (lost[entry] !== 1) {
            content.add(entries, at + lineHashAt);
            continue;
          }
          const part = entries.readUInt32LE(at + partAt);
          const lines = superseded.get(part) ?? createLineSet(recordsOf(part));
          superseded.set(part, lines);
          lines.add(entries.readUInt32LE(at + lineAt));
          duplicates += 1;
        }
      }
      return { duplicates, superseded, content: content.sum() };
    },
    close() {
      for (const partition of partitions) partition.close();
      partitions.length = 0;
    },
  };
}

/** A line that doesn't say when it was processed loses against any that does. */
function processingRank(processed: unknown): number {
  return typeof processed === 'number' && Number.isFinite(processed) ? processed : Number.NEGATIVE_INFINITY;
}

/** Marks with 1 each entry whose key another entry holds with a better claim. */
function losers(entries: Buffer): Uint8Array {
  const count = entries.length / entryBytes;
  const lost = new Uint8Array(count);
  // Open addressing, at most half full. The key is a hash already: its bytes 4 to 7 need no further mixing (the
  // first byte is the same for many of a partition).
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 1))).fill(-1);
  const mask = slots.length - 1;
  for (let entry = 0; entry < count; entry += 1) {
    const at = entry * entryBytes;
    let slot = entries.readUInt32LE(at + 4) & mask;
    let holder = slots[slot] ?? -1;
    while (holder !== -1 && !sameKey(entries, holder * entryBytes, at)) {
      slot = (slot + 1) & mask;
      holder = slots[slot] ?? -1;
    }
    if (holder === -1 || !isNewer(entries, holder * entryBytes, at)) {
      // Entries come in the order of lines: on a tie the later line takes the place.
      slots[slot] = entry;
      if (holder !== -1) lost[holder] = 1;
    } else {
      lost[entry] = 1;
    }
  }
  return lost;
}

function sameKey(entries: Buffer, one: number, other: number): boolean {
  return entries.compare(entries, one, one + idBytes, other, other + idBytes) === 0;
}

/** Whether `one` was processed after `other`. */
function isNewer(entries: Buffer, one: number, other: number): boolean {
  return entries.readDoubleLE(one + processedAt) > entries.readDoubleLE(other + processedAt);
}
