import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { incomplete } from './aws-chunked.ts';
import { type ChecksumAlgorithm, createChecksum, defaultAlgorithm } from './checksum.ts';

/** What was stored: where it lies, and what it adds up to. */
export interface ReceivedBody {
  readonly path: string;
  readonly size: number;
  readonly md5: string;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

/** The network delivers 64 KiB at a time; a write for each of them would cost more than the hashing. */
const writeBytes = 1024 * 1024;

/** How a stream is stored. */
export interface StoreOptions {
  /** @default S3's own */
  readonly algorithm?: ChecksumAlgorithm | undefined;
  /** What the stream passes before it is looked at. */
  readonly through?: Transform | undefined;
  /** Writes into the file that is there, from this byte on. @default a new file */
  readonly offset?: number | undefined;
  /** A longer stream fails, before anything beyond is written. */
  readonly maxBytes?: number;
}

/** Writes a stream to a file, adding it up on the way. */
export async function storeStream(
  source: Readable,
  path: string,
  options: StoreOptions = {},
): Promise<ReceivedBody> {
  const { algorithm = defaultAlgorithm, through, offset, maxBytes = Number.POSITIVE_INFINITY } = options;
  const md5 = createHash('md5');
  const checksum = createChecksum(algorithm);
  let size = 0;
  const file = await open(path, offset === undefined ? 'w' : 'r+');
  const writer = createWriter(file, offset ?? 0);
  try {
    const sink = async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) {
        size += piece.length;
        if (size > maxBytes) throw incomplete();
        md5.update(piece);
        checksum.update(piece);
        await writer.add(piece);
      }
      await writer.end();
    };
    await (through === undefined ? pipeline(source, sink) : pipeline(source, through, sink));
  } finally {
    // Also after a failure: the file may not be closed under a write.
    await writer.settled();
    await file.close();
  }
  return {
    path,
    size,
    md5: md5.digest('hex'),
    checksum: { algorithm, value: checksum.digest().toString('base64') },
  };
}

/** Gathers pieces and writes them while the next ones are hashed; at most two gatherings are in memory. */
function createWriter(file: FileHandle, offset: number) {
  let position = offset;
  let pieces: Buffer[] = [];
  let bytes = 0;
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async () => {
    await writing;
    if (pieces.length > 0) writing = file.writev(pieces, position);
    position += bytes;
    // Whoever waits for it next learns of a failure; until then it is not to end the process.
    writing.catch(() => {});
    pieces = [];
    bytes = 0;
  };
  return {
    async add(piece: Buffer) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= writeBytes) await flush();
    },
    async end() {
      await flush();
      await writing;
    },
    settled: () => writing.catch(() => {}),
  };
}

/** A read of this size makes joining parts a matter of a few calls each. */
const copyBytes = 4 * 1024 * 1024;

/** A stretch of a file. */
export interface Stretch {
  readonly path: string;
  readonly offset: number;
  readonly size: number;
}

/**
 * Writes stretches one behind the other into a new file.
 * @param see is shown all bytes, in order. @throws when a stretch is not there in full.
 */
export async function joinFiles(
  stretches: readonly Stretch[],
  target: string,
  see: (bytes: Buffer) => void,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(copyBytes);
  const output = await open(target, 'w');
  try {
    for (const stretch of stretches) await copyStretch(stretch, output, buffer, see);
  } finally {
    await output.close();
  }
}

async function copyStretch(
  { path, offset, size }: Stretch,
  output: FileHandle,
  buffer: Buffer,
  see: (bytes: Buffer) => void,
): Promise<void> {
  const input = await open(path, 'r');
  try {
    for (let done = 0; done < size; ) {
      const wanted = Math.min(buffer.length, size - done);
      const { bytesRead } = await input.read(buffer, 0, wanted, offset + done);
      if (bytesRead === 0) throw new Error('a part is shorter than its record says');
      const bytes = buffer.subarray(0, bytesRead);
      see(bytes);
      await output.writev([bytes]);
      done += bytesRead;
    }
  } finally {
    await input.close();
  }
}
