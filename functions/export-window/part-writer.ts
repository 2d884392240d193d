import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { RetryableError } from '../shared/errors.ts';
import type { ManifestPart } from '../shared/manifest.ts';
import type { ObjectStore } from '../shared/object-store.ts';

const newline = 0x0a;

/**
 * Lines are handed to gzip in batches: one at a time would cost a trip to another thread each. A megabyte keeps gzip
 * busy for about 10 ms, many times what it then waits for the event loop to give it the next.
 */
const batchBytes = 1024 * 1024;
/** One fills, one is compressed, and one waits, so that neither side stands still while the other is slow for once. */
const batchCount = 3;
/** Room for gzip's output: whenever it is full, gzip waits for the event loop. This takes what two batches become. */
const gzipChunkBytes = 256 * 1024;

export interface PartWriter {
  readonly records: number;
  /** Uncompressed, newlines included. */
  readonly bytes: number;
  hasRoom(lineBytes: number): boolean;
  /** Hands the batch to gzip, waits until another is free, and makes room for a line of this length. */
  makeRoom(lineBytes: number): Promise<void>;
  /** Appends a line and a newline. There must be room. */
  append(line: Buffer): void;
  /** Ends the upload and checks what the store holds. */
  finish(): Promise<ManifestPart>;
  /** Settles, without throwing, once nothing of the part is in motion any more. */
  settled(): Promise<void>;
}

export interface PartOptions {
  readonly store: ObjectStore;
  readonly key: string;
  readonly gzipLevel: number;
  readonly signal: AbortSignal;
}

/**
 * Writes one part: lines → gzip → hash and count → store. A failure of any stage makes every later call throw.
 */
export function openPart({ store, key, gzipLevel, signal }: PartOptions): PartWriter {
  const gzip = createGzip({ level: gzipLevel, chunkSize: gzipChunkBytes });
  const gauge = createGauge();
  const uploaded = store.putStream(key, gauge.stream, { signal });
  uploaded.catch((error) => gzip.destroy(error instanceof Error ? error : new Error(String(error))));
  const transferred = Promise.all([uploaded, pipeline(gzip, gauge.stream, { signal })]).then(
    () => undefined,
    (cause) => {
      throw new RetryableError('part_not_stored', `storing ${key}`, { cause });
    },
  );
  // Whoever waits for a batch or for the end sees the failure; until then it must not count as unhandled.
  transferred.catch(() => undefined);

  /** Handed to gzip, oldest first. */
  const handed: { readonly batch: Buffer; readonly taken: Promise<void> }[] = [];
  let batch: Buffer = Buffer.allocUnsafeSlow(batchBytes);
  let used = 0;
  let records = 0;
  let bytes = 0;

  const handOver = () => {
    const full = batch.subarray(0, used);
    // A write that fails leaves `taken` open: then `transferred` rejects, with the reason.
    const taken = new Promise<void>((resolve) => gzip.write(full, (error) => error ?? resolve()));
    handed.push({ batch, taken });
    used = 0;
  };
  const freeBatch = async () => {
    const oldest = handed.length < batchCount ? undefined : handed.shift();
    if (oldest === undefined) return Buffer.allocUnsafeSlow(batchBytes);
    await Promise.race([oldest.taken, transferred]);
    return oldest.batch;
  };

  return {
    get records() {
      return records;
    },
    get bytes() {
      return bytes;
    },
    hasRoom: (lineBytes) => used + lineBytes + 1 <= batch.length,
    async makeRoom(lineBytes) {
      if (used > 0) {
        handOver();
        batch = await freeBatch();
      }
      if (batch.length < lineBytes + 1) batch = Buffer.allocUnsafeSlow(lineBytes + 1);
    },
    append(line) {
      batch.set(line, used);
      batch[used + line.length] = newline;
      used += line.length + 1;
      records += 1;
      bytes += line.length + 1;
    },
    async finish() {
      if (used > 0) handOver();
      gzip.end();
      await transferred;
      const part = { key, records, bytes, ...gauge.measured() };
      const storedBytes = await store.size(key);
      if (storedBytes === part.gzipBytes) return part;
      throw new RetryableError(
        'part_short',
        `storing ${key}: ${part.gzipBytes} bytes were sent, the store holds ${storedBytes ?? 'nothing'}`,
      );
    },
    settled: () => transferred.catch(() => undefined),
  };
}

/** Counts and hashes what passes through. */
function createGauge() {
  const sha256 = createHash('sha256');
  let gzipBytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sha256.update(chunk);
      gzipBytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, measured: () => ({ gzipBytes, sha256: sha256.digest('hex') }) };
}
