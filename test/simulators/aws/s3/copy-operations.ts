import { rm } from 'node:fs/promises';
import { ApiError, notImplemented } from '../api-error.ts';
import type { S3Act, S3Call } from './call.ts';
import { xmlReply } from './call.ts';
import { algorithmNamed, elementOf } from './checksum.ts';
import { noSuchKey, preconditionFailed, readAllowed, writeGuard } from './conditions.ts';
import { demandPartNumber, partReply } from './multipart-operations.ts';
import type { ObjectName } from './object-files.ts';
import { keptHeaders } from './object-headers.ts';
import type { ObjectRecord } from './object-record.ts';
import { type ByteRange, parseRange } from './range.ts';
import { type ReceivedBody, storeStream } from './store-stream.ts';

/** CopyObject: a new body of its own, so that neither copy depends on the other. */
export const copyObject: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const { headers } = request;
  const source = sourceOf(headers);
  const replaces = headers.get('x-amz-metadata-directive') === 'REPLACE';
  if (source.bucket === bucket && source.key === key && !replaces)
    throw new ApiError(
      400,
      'InvalidRequest',
      'This copy request is illegal because it is trying to copy an object to itself without changing it.',
    );
  const guard = writeGuard(headers);
  // What is refused is refused of the request, whether or not its other headers are used.
  const own = keptHeaders(headers);
  const { record, body } = await readSource({ store, request }, source, store.objects.stage());
  try {
    const written = await store.objects.put(
      { bucket, key },
      body.path,
      {
        size: body.size,
        etag: body.md5,
        headers: replaces ? own : record.headers,
        checksum: { ...body.checksum, type: 'FULL_OBJECT' },
      },
      guard,
    );
    return xmlReply('CopyObjectResult', {
      ETag: `"${written.etag}"`,
      LastModified: new Date(written.lastModified).toISOString(),
      [elementOf(body.checksum.algorithm)]: body.checksum.value,
      ChecksumType: 'FULL_OBJECT',
    });
  } catch (error) {
    await rm(body.path, { force: true });
    throw error;
  }
};

/** UploadPartCopy: a part that comes from an object, or a range of it. */
export const uploadPartCopy: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const upload = await store.uploads.demand(bucket, key, request.query.get('uploadId') ?? '');
  const number = demandPartNumber(request.query);
  const source = sourceOf(request.headers);
  const { body } = await readSource({ store, request }, source, store.uploads.stagePart(upload));
  await store.uploads.putPart(upload, number, body);
  return xmlReply('CopyPartResult', {
    ETag: `"${body.md5}"`,
    LastModified: new Date().toISOString(),
    ...partReply(upload, body),
  });
};

/** Copies the source, or the asked range of it, to a file. */
async function readSource(
  { store, request }: Pick<S3Call, 'store' | 'request'>,
  source: ObjectName,
  path: string,
): Promise<{ record: ObjectRecord; body: ReceivedBody }> {
  await store.buckets.demand(source.bucket);
  const found = await store.objects.open(source.bucket, source.key);
  if (found === undefined) throw noSuchKey(source.key);
  const { record } = found;
  try {
    if (!readAllowed(request.headers, record, 'x-amz-copy-source-'))
      throw preconditionFailed('x-amz-copy-source-If-None-Match');
    const range = demandRange(request.headers.get('x-amz-copy-source-range'), record.size);
    const algorithm = algorithmNamed(request.headers.get('x-amz-checksum-algorithm'));
    const stream = found.body.createReadStream(
      range === undefined ? {} : { start: range.first, end: range.last },
    );
    const body = await storeStream(stream, path, { algorithm: algorithm ?? record.checksum?.algorithm });
    return { record, body };
  } catch (error) {
    await found.body.close();
    await rm(path, { force: true });
    throw error;
  }
}

/** A copied range must lie within its source; a Range header would be cut to it. */
function demandRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const match = /^bytes=(\d+)-(\d+)$/.exec(header);
  if (match === null || Number(match[2]) >= size)
    throw new ApiError(
      400,
      'InvalidArgument',
      'The x-amz-copy-source-range value is not valid for the source.',
    );
  return parseRange(header, size);
}

function sourceOf(headers: ReadonlyMap<string, string>): ObjectName {
  const [path = '', query] = (headers.get('x-amz-copy-source') ?? '').split('?');
  if (query !== undefined) throw notImplemented('Copying a version');
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).replace(/^\//, '');
  } catch {
    decoded = '';
  }
  const slash = decoded.indexOf('/');
  if (slash < 1 || slash === decoded.length - 1)
    throw new ApiError(400, 'InvalidArgument', 'Copy Source must mention the source bucket and key');
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1) };
}
