import { tmpdir } from 'node:os';
import { type ContentSum, createContentAdder, lineHashBytes } from '../shared/content-hash.ts';
import { createLineSet, type MutableLineSet } from '../shared/line-set.ts';
import { idBytes } from '../shared/record-identity.ts';
import { createEntryJudge } from './entry-judge.ts';
import { entryBytes, lineAt, lineHashAt, partAt, processedAt } from './index-entry.ts';
import { createSecretHash } from './secret-hash.ts';
import { createSpillPartition, type SpillPartition } from './spill-partition.ts';

/** One is judged at a time, in memory. */
const partitionBits = 6;

export interface IndexBounds {
  /** 48 KB buffered per partition, 3 MB in all: small windows never touch the disk. @default 1024 */
  readonly bufferedEntries?: number;
  /**
   * Keys of a partition that are held at once: some 60 MB with their table, whatever comes. Of 40 million events a
   * partition has 625,000 keys; what has more is judged in several turns. @default 2^20
   */
  readonly maxKeys?: number;
}

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
   * Finds the lines that lost against another of the same key. To be called once, after the last line.
   *
   * @param recordsOf how many lines a part has.
   */
  judge(recordsOf: (part: number) => number): Verdict;
  /** Gives up memory and disk. Must be called whatever happens. */
  close(): void;
}

/**
 * Finds duplicates exactly over a window of any size, in bounded memory: entries are dealt out by a secret hash of their
 * keys, equal keys to the same partition, and each partition is judged on its own.
 */
export function createDuplicateIndex(
  directory = tmpdir(),
  { bufferedEntries = 1024, maxKeys = 2 ** 20 }: IndexBounds = {},
): DuplicateIndex {
  const hash = createSecretHash();
  const openPartition = () => createSpillPartition(directory, entryBytes, bufferedEntries);
  const partitions: SpillPartition[] = Array.from({ length: 2 ** partitionBits }, openPartition);
  const entry = Buffer.allocUnsafeSlow(entryBytes);
  const words = new Uint32Array(entry.buffer);

  return {
    add({ key, digest, processed, part, line }) {
      entry.write(key, 0, idBytes, 'hex');
      entry.write(digest, lineHashAt, lineHashBytes, 'hex');
      entry.writeDoubleLE(processingRank(processed), processedAt);
      entry.writeUInt32LE(part, partAt);
      entry.writeUInt32LE(line, lineAt);
      // By the upper bits: a partition's own table takes the lower ones.
      const partition = partitions[hash(words, 0) >>> (32 - partitionBits)];
      if (partition === undefined) throw new Error('adding a line: the duplicate index is closed');
      partition.add(words, 0);
    },
    judge(recordsOf) {
      const superseded = new Map<number, MutableLineSet>();
      const content = createContentAdder();
      let duplicates = 0;
      const largest = Math.max(...partitions.map(({ bytes }) => bytes));
      const judge = createEntryJudge({ hash, largest, maxKeys });
      const outcome = {
        kept: (entries: Buffer, offset: number) => content.add(entries, offset + lineHashAt),
        lost(entries: Buffer, offset: number) {
          const part = entries.readUInt32LE(offset + partAt);
          const lines = superseded.get(part) ?? createLineSet(recordsOf(part));
          superseded.set(part, lines);
          lines.add(entries.readUInt32LE(offset + lineAt));
          duplicates += 1;
        },
      };
      // What is postponed makes a partition of its own, which its turn comes to as well.
      for (let partition = partitions[0]; partition !== undefined; partition = partitions[0]) {
        let rest: SpillPartition | undefined;
        const postponed = (entries: Uint32Array, firstWord: number) => {
          if (rest === undefined) {
            rest = openPartition();
            partitions.push(rest);
          }
          rest.add(entries, firstWord);
        };
        judge.judge(partition, { ...outcome, postponed });
        // Its room, in memory and on the disk, is free for what was postponed of the others.
        partition.close();
        partitions.shift();
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
