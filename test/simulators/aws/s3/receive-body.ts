import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '../api-error.ts';
import type { ApiRequest } from '../api-request.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import {
  type AnnouncedChecksum,
  announcedChecksum,
  type ChecksumAlgorithm,
  createChecksum,
  defaultAlgorithm,
  headerOf,
} from './checksum.ts';

/** What was received: where it lies, and what it adds up to. */
export interface ReceivedBody {
  readonly path: string;
  readonly size: number;
  readonly md5: string;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string };
}

/** S3's limit for one put and for one part: 5 GiB. */
const maxBodyBytes = 5 * 1024 ** 3;
/** Large writes: a write per 64 KiB piece of the network would cost more than the hashing. */
const writeBufferBytes = 1024 * 1024;

/**
 * Streams a request's body to a file and checks everything that the client said about it.
 * @param fallback the checksum to compute when the client names none. @default S3's
 * @throws {ApiError} when it is not what was announced; the file is removed then.
 */
export async function receiveBody(
  request: ApiRequest,
  path: string,
  fallback?: ChecksumAlgorithm,
): Promise<ReceivedBody> {
  const { headers } = request;
  const announced = announcedChecksum(headers);
  const decoder = isChunked(headers) ? new AwsChunkedDecoder() : undefined;
  const expected = expectedBytes(headers, decoder !== undefined);
  try {
    const body = request.body();
    const algorithm = announced?.algorithm ?? fallback;
    const received = await storeStream(decoder === undefined ? [body] : [body, decoder], path, algorithm);
    if (received.size !== expected) throw new ApiError(400, 'IncompleteBody', 'The body has another length.');
    check(received, announced, decoder?.trailers, headers.get('content-md5'));
    return received;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Writes a stream (a source and what it passes through) to a file, adding it up on the way. */
export async function storeStream(
  streams: readonly [Readable, ...Transform[]],
  path: string,
  algorithm: ChecksumAlgorithm = defaultAlgorithm,
): Promise<ReceivedBody> {
  const md5 = createHash('md5');
  const checksum = createChecksum(algorithm);
  let size = 0;
  const meter = new Transform({
    transform(piece: Buffer, _encoding, done) {
      size += piece.length;
      md5.update(piece);
      checksum.update(piece);
      done(null, piece);
    },
  });
  const file = createWriteStream(path, { highWaterMark: writeBufferBytes });
  await pipeline([...streams, meter, file]);
  return {
    path,
    size,
    md5: md5.digest('hex'),
    checksum: { algorithm, value: checksum.digest().toString('base64') },
  };
}

function isChunked(headers: ReadonlyMap<string, string>): boolean {
  return (
    (headers.get('x-amz-content-sha256') ?? '').startsWith('STREAMING-') ||
    (headers.get('content-encoding') ?? '').split(',').some((name) => name.trim() === 'aws-chunked')
  );
}

function expectedBytes(headers: ReadonlyMap<string, string>, chunked: boolean): number {
  const text = headers.get(chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined || !/^\d+$/.test(text))
    throw new ApiError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  const bytes = Number(text);
  if (bytes > maxBodyBytes)
    throw new ApiError(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  return bytes;
}

function check(
  received: ReceivedBody,
  announced: AnnouncedChecksum | undefined,
  trailers: ReadonlyMap<string, string> | undefined,
  contentMd5: string | undefined,
): void {
  if (contentMd5 !== undefined && contentMd5 !== Buffer.from(received.md5, 'hex').toString('base64'))
    throw new ApiError(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
  if (announced === undefined) return;
  const { algorithm } = announced;
  const claimed = announced.value ?? trailers?.get(headerOf(algorithm));
  if (claimed !== undefined && claimed !== received.checksum.value)
    throw new ApiError(
      400,
      'BadDigest',
      `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
}
