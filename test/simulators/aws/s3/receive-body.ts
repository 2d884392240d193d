import { rm } from 'node:fs/promises';
import { ApiError } from '../api-error.ts';
import type { ApiRequest } from '../api-request.ts';
import { AwsChunkedDecoder, incomplete } from './aws-chunked.ts';
import { type AnnouncedChecksum, announcedChecksum, type ChecksumAlgorithm, headerOf } from './checksum.ts';
import { type ReceivedBody, storeStream } from './store-stream.ts';

/** S3's limit for one put and for one part: 5 GiB. */
const maxBodyBytes = 5 * 1024 ** 3;
/** Where a body goes: to a new file, or into one that is there from a byte on. */
export interface BodyPlace {
  readonly path: string;
  readonly offset?: number | undefined;
}

/**
 * Streams a request's body to a file and checks everything that the client said about it.
 * @param fallback the checksum to compute when the client names none. @default S3's
 * @throws {ApiError} when it is not what was announced; a file of its own is removed then.
 */
export async function receiveBody(
  request: ApiRequest,
  { path, offset }: BodyPlace,
  fallback?: ChecksumAlgorithm,
): Promise<ReceivedBody> {
  const { headers } = request;
  const announced = announcedChecksum(headers);
  const decoder = isChunked(headers) ? new AwsChunkedDecoder() : undefined;
  const expected = announcedBytes(headers);
  try {
    const algorithm = announced?.algorithm ?? fallback;
    const options = { algorithm, through: decoder, offset, maxBytes: expected };
    const received = await storeStream(request.body(), path, options);
    if (received.size !== expected) throw incomplete();
    check(received, announced, decoder?.trailers, headers.get('content-md5'));
    return received;
  } catch (error) {
    if (offset === undefined) await rm(path, { force: true });
    throw error;
  }
}

/** The length of the body without its framing. @throws {ApiError} when it is not told, or above S3's limit. */
export function announcedBytes(headers: ReadonlyMap<string, string>): number {
  const text = headers.get(isChunked(headers) ? 'x-amz-decoded-content-length' : 'content-length');
  if (text === undefined || !/^\d+$/.test(text))
    throw new ApiError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  const bytes = Number(text);
  if (bytes > maxBodyBytes)
    throw new ApiError(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
  return bytes;
}

function isChunked(headers: ReadonlyMap<string, string>): boolean {
  return (
    (headers.get('x-amz-content-sha256') ?? '').startsWith('STREAMING-') ||
    (headers.get('content-encoding') ?? '').split(',').some((name) => name.trim() === 'aws-chunked')
  );
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
