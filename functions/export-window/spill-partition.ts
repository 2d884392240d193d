import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RetryableError } from '../shared/errors.ts';

/** Fixed-size entries, appended, and read back in the order of arrival. Kept in memory until the buffer is full. */
export interface SpillPartition {
  /** Of all entries. */
  readonly bytes: number;
  /** Appends the entry whose words begin here. */
  add(source: Uint32Array, firstWord: number): void;
  /** Copies as many bytes, those from `from` on, to this offset of `target`. They must be there. */
  read(from: number, length: number, target: Buffer, offset: number): void;
  close(): void;
}

/**
 * Entries are of whole words of 32 bits: so few are copied sooner one by one than by a call.
 *
 * The entries' file has no name: it is unlinked as soon as it is open, so that it is gone when the function ends, and
 * also when it is killed. Reads and writes are synchronous: 48 KB into the page cache take microseconds, less than
 * handing them to another thread.
 */
export function createSpillPartition(
  directory: string,
  entryBytes: number,
  bufferedEntries: number,
): SpillPartition {
  const buffer = Buffer.allocUnsafeSlow(entryBytes * bufferedEntries);
  const words = new Uint32Array(buffer.buffer);
  const entryWords = entryBytes / 4;
  let used = 0;
  let spilled = 0;
  let descriptor: number | undefined;

  const spill = () => {
    descriptor ??= openUnnamed(directory);
    for (let written = 0; written < used; ) written += write(descriptor, buffer, written, used - written);
    spilled += used;
    used = 0;
  };

  return {
    get bytes() {
      return spilled + used;
    },
    add(source, firstWord) {
      if (used === buffer.length) spill();
      const first = used / 4;
      for (let word = 0; word < entryWords; word += 1) words[first + word] = source[firstWord + word] ?? 0;
      used += entryBytes;
    },
    read(from, length, target, offset) {
      let read = 0;
      for (const ofFile = Math.min(length, spilled - from); descriptor !== undefined && read < ofFile; ) {
        const got = readSync(descriptor, target, offset + read, ofFile - read, from + read);
        if (got === 0)
          throw new RetryableError(
            'temporary_storage',
            'reading temporary storage: it is shorter than written',
          );
        read += got;
      }
      if (read < length) buffer.copy(target, offset + read, from + read - spilled, from + length - spilled);
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

function openUnnamed(directory: string): number {
  const path = join(directory, `connector-export-${randomUUID()}`);
  try {
    const descriptor = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return descriptor;
  } catch (cause) {
    throw new RetryableError('temporary_storage', 'opening temporary storage', { cause });
  }
}

function write(descriptor: number, bytes: Buffer, offset: number, length: number): number {
  try {
    return writeSync(descriptor, bytes, offset, length);
  } catch (cause) {
    throw new RetryableError('temporary_storage', 'writing temporary storage', { cause });
  }
}
