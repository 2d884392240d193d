import { rm } from 'node:fs/promises';
import { ApiError } from '../api-error.ts';
import type { ApiRequest } from '../api-request.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { type AnnouncedChecksum, announcedChecksum, type ChecksumAlgorithm, headerOf } from './checksum.ts';
import { type ReceivedBody, storeStream } from './store-stream.ts';

/** S3's limit for one put and for one part: 5 GiB. */
const maxBodyBytes = 5 * 1024 ** 3;
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
    const received = await storeStream(body, path, { algorithm, through: decoder });
    if (received.size !== expected) throw new ApiError(400, 'IncompleteBody', 'The body has another length.');
    check(received, announced, decoder?.trailers, headers.get('content-md5'));
    return received;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
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
