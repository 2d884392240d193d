import { ApiError } from '../api-error.ts';
import type { S3Act } from './call.ts';
import { xmlReply } from './call.ts';
import { algorithmNamed, elementOf, headerOf } from './checksum.ts';
import { encoder, readMaxKeys } from './list-operations.ts';
import { keptHeaders } from './object-headers.ts';
import { announcedBytes, receiveBody } from './receive-body.ts';
import type { ReceivedBody } from './store-stream.ts';
import type { UploadRecord } from './upload-files.ts';

const maxPartNumber = 10_000;

/** CreateMultipartUpload: headers and checksum are settled now, for the object to be. */
export const createMultipartUpload: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const { headers } = request;
  const algorithm = algorithmNamed(headers.get('x-amz-checksum-algorithm'));
  const upload = await store.uploads.create({
    bucket,
    key,
    headers: keptHeaders(headers),
    ...(algorithm === undefined ? {} : { algorithm }),
    type: checksumType(algorithm, headers.get('x-amz-checksum-type')),
  });
  return xmlReply(
    'InitiateMultipartUploadResult',
    { Bucket: bucket, Key: key, UploadId: upload.uploadId },
    algorithm === undefined
      ? {}
      : { 'x-amz-checksum-algorithm': algorithm.toUpperCase(), 'x-amz-checksum-type': upload.type },
  );
};

/** S3's defaults: the CRC-64 and what names no algorithm is of the whole object, all else is composed. */
function checksumType(
  algorithm: UploadRecord['algorithm'],
  wanted: string | undefined,
): UploadRecord['type'] {
  const isWhole = algorithm === undefined || algorithm === 'crc64nvme';
  if (wanted === undefined) return isWhole ? 'FULL_OBJECT' : 'COMPOSITE';
  const possible =
    wanted === 'FULL_OBJECT' ? !algorithm?.startsWith('sha') : wanted === 'COMPOSITE' && !isWhole;
  if (!possible)
    throw new ApiError(
      400,
      'InvalidRequest',
      `The ${wanted} checksum type cannot be used with this algorithm.`,
    );
  return wanted === 'FULL_OBJECT' ? 'FULL_OBJECT' : 'COMPOSITE';
}

/** UploadPart; a part sent again takes the place of the one before. */
export const uploadPart: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const upload = await store.uploads.demand(bucket, key, request.query.get('uploadId') ?? '');
  const number = demandPartNumber(request.query);
  const body = await store.uploads.placePart(
    upload,
    { number, bytes: announcedBytes(request.headers) },
    (place) => receiveBody(request, place, upload.algorithm),
  );
  const headers = { etag: `"${body.md5}"`, [headerOf(body.checksum.algorithm)]: body.checksum.value };
  return { status: 200, headers, body: '' };
};

/** AbortMultipartUpload: nothing of it remains. */
export const abortMultipartUpload: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  await store.uploads.abort(await store.uploads.demand(bucket, key, request.query.get('uploadId') ?? ''));
  return { status: 204 };
};

/** ListParts, in pages by part number. */
export const listParts: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const upload = await store.uploads.demand(bucket, key, request.query.get('uploadId') ?? '');
  const marker = Number(request.query.get('part-number-marker') ?? '0');
  const maxParts = readMaxKeys(request.query.get('max-parts'));
  const rest = (await store.uploads.parts(upload)).filter(({ number }) => number > marker);
  const page = rest.slice(0, maxParts);
  return xmlReply('ListPartsResult', {
    Bucket: bucket,
    Key: key,
    UploadId: upload.uploadId,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: maxParts,
    IsTruncated: rest.length > page.length,
    StorageClass: 'STANDARD',
    ChecksumAlgorithm: upload.algorithm?.toUpperCase(),
    ChecksumType: upload.algorithm && upload.type,
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.receivedAt).toISOString(),
      ETag: `"${part.md5}"`,
      Size: part.size,
      ...partReply(upload, part),
    })),
  });
};

/** ListMultipartUploads, in pages by key and age. */
export const listMultipartUploads: S3Act = async ({ store, request, bucket }) => {
  await store.buckets.demand(bucket);
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const maxUploads = readMaxKeys(query.get('max-uploads'));
  const shown = encoder(query.get('encoding-type'));
  const all = (await store.uploads.list(bucket)).filter(({ key }) => key.startsWith(prefix));
  // Both markers: behind that upload, whose place is its age. The key alone: behind all uploads of the key.
  const marked = all.findIndex((upload) => upload.key === keyMarker && upload.uploadId === idMarker);
  const rest = marked === -1 ? all.filter(({ key }) => isAfter(key, keyMarker)) : all.slice(marked + 1);
  const page = rest.slice(0, maxUploads);
  const isTruncated = rest.length > page.length;
  const last = page.at(-1);
  return xmlReply('ListMultipartUploadsResult', {
    Bucket: bucket,
    Prefix: shown(prefix),
    KeyMarker: shown(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: isTruncated && last ? shown(last.key) : undefined,
    NextUploadIdMarker: isTruncated && last ? last.uploadId : undefined,
    EncodingType: query.get('encoding-type') ?? undefined,
    MaxUploads: maxUploads,
    IsTruncated: isTruncated,
    Upload: page.map((upload) => ({
      Key: shown(upload.key),
      UploadId: upload.uploadId,
      Initiated: new Date(upload.initiatedAt).toISOString(),
      StorageClass: 'STANDARD',
      ChecksumAlgorithm: upload.algorithm?.toUpperCase(),
      ChecksumType: upload.algorithm && upload.type,
    })),
  });
};

function isAfter(key: string, marker: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(marker)) > 0;
}

/** The checksum element of a part, where the upload was opened with the part's algorithm. */
export function partReply(
  upload: UploadRecord,
  part: Pick<ReceivedBody, 'checksum'>,
): Record<string, string> {
  const { algorithm, value } = part.checksum;
  return upload.algorithm === algorithm ? { [elementOf(algorithm)]: value } : {};
}

/** @throws {ApiError} InvalidArgument unless it is 1 to 10,000. */
export function demandPartNumber(query: URLSearchParams): number {
  const text = query.get('partNumber') ?? '';
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1 || number > maxPartNumber)
    throw new ApiError(
      400,
      'InvalidArgument',
      'Part number must be an integer between 1 and 10000, inclusive',
    );
  return number;
}
