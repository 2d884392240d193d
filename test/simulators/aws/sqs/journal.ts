import {
  closeSync,
  createReadStream,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { recordSchema, type SqsRecord } from './records.ts';

/**
 * An append-only file of records, one JSON line each. Writing is synchronous: a record is with the kernel, and so outlives
 * the process, before anybody learns of it, and no two acts can interleave.
 */
export interface Journal {
  append(records: readonly SqsRecord[]): void;
  /** Whether the file has grown so far beyond what it stands for that rewriting it pays. */
  isBloated(): boolean;
  /** Puts a file with only these records in place of the old one. */
  compact(records: Iterable<SqsRecord>): void;
  close(): void;
}

/** Below this no rewriting; above, only when it halves the file, so that its cost stays a share of the appends'. */
const minBloatBytes = 8 * 1024 * 1024;

/** Replays a journal into `apply` and opens it for more. A line that a killed process left unfinished is cut off. */
export async function openJournal(path: string, apply: (record: SqsRecord) => void): Promise<Journal> {
  mkdirSync(dirname(path), { recursive: true });
  let size = existsSync(path) ? await replay(path, apply) : 0;
  let compacted = 0;
  let file = openSync(path, 'a');
  return {
    append(records) {
      if (records.length === 0) return;
      try {
        size += writeAll(file, toLines(records));
      } catch (error) {
        // Half a line here would spoil the next one.
        ftruncateSync(file, size);
        throw error;
      }
    },
    isBloated: () => size > minBloatBytes + 2 * compacted,
    compact(records) {
      const next = `${path}.next`;
      const draft = openSync(next, 'w');
      let bytes = 0;
      try {
        for (const record of records) bytes += writeAll(draft, toLines([record]));
      } finally {
        closeSync(draft);
      }
      renameSync(next, path);
      closeSync(file);
      file = openSync(path, 'a');
      size = bytes;
      compacted = bytes;
    },
    close: () => closeSync(file),
  };
}

function toLines(records: readonly SqsRecord[]): Buffer {
  return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}

/** A write may be cut short, by a full disk for one. */
function writeAll(file: number, bytes: Buffer): number {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written);
  return written;
}

async function replay(path: string, apply: (record: SqsRecord) => void): Promise<number> {
  let rest: Buffer[] = [];
  let complete = 0;
  for await (const piece of createReadStream(path)) {
    if (!Buffer.isBuffer(piece)) continue;
    let start = 0;
    for (let end = piece.indexOf(0x0a); end !== -1; end = piece.indexOf(0x0a, start)) {
      const line = Buffer.concat([...rest, piece.subarray(start, end)]);
      rest = [];
      apply(recordSchema.parse(JSON.parse(line.toString('utf8'))));
      complete += line.length + 1;
      start = end + 1;
    }
    rest.push(piece.subarray(start));
  }
  truncateSync(path, complete);
  return complete;
}
