import { ApiError, notImplemented } from '../api-error.ts';
import type { ApiRequest } from '../api-request.ts';
import { createBucket, deleteBucket, headBucket, listBuckets } from './bucket-operations.ts';
import type { S3Act } from './call.ts';
import { completeMultipartUpload } from './complete-upload.ts';
import { copyObject, uploadPartCopy } from './copy-operations.ts';
import { listObjectsV2 } from './list-operations.ts';
import {
  abortMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
} from './multipart-operations.ts';
import { overrideNames } from './object-headers.ts';
import { deleteObject, deleteObjects, getObject, headObject, putObject } from './object-operations.ts';

/** How an operation is told from the others, and what it may be asked with. */
interface Route {
  readonly name: string;
  readonly act: S3Act;
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** Query parameters that make it this operation. */
  readonly needs?: readonly string[];
  /** Further parameters that it understands. */
  readonly takes?: readonly string[];
  /** Told by the header that names what to copy. */
  readonly copies?: boolean;
}

const uploadNeeds = ['uploadId'];
const partNeeds = ['partNumber', 'uploadId'];
const listTakes = [
  'prefix',
  'delimiter',
  'start-after',
  'continuation-token',
  'max-keys',
  'encoding-type',
  'fetch-owner',
];
const uploadsTakes = ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'];

const routes: readonly Route[] = [
  { name: 'ListBuckets', act: listBuckets, method: 'GET', on: 'service' },
  { name: 'CreateBucket', act: createBucket, method: 'PUT', on: 'bucket' },
  { name: 'HeadBucket', act: headBucket, method: 'HEAD', on: 'bucket' },
  { name: 'DeleteBucket', act: deleteBucket, method: 'DELETE', on: 'bucket' },
  {
    name: 'ListObjectsV2',
    act: listObjectsV2,
    method: 'GET',
    on: 'bucket',
    needs: ['list-type'],
    takes: listTakes,
  },
  {
    name: 'ListMultipartUploads',
    act: listMultipartUploads,
    method: 'GET',
    on: 'bucket',
    needs: ['uploads'],
    takes: uploadsTakes,
  },
  { name: 'DeleteObjects', act: deleteObjects, method: 'POST', on: 'bucket', needs: ['delete'] },
  { name: 'PutObject', act: putObject, method: 'PUT', on: 'object' },
  { name: 'CopyObject', act: copyObject, method: 'PUT', on: 'object', copies: true },
  { name: 'GetObject', act: getObject, method: 'GET', on: 'object', takes: overrideNames },
  { name: 'HeadObject', act: headObject, method: 'HEAD', on: 'object', takes: overrideNames },
  { name: 'DeleteObject', act: deleteObject, method: 'DELETE', on: 'object' },
  {
    name: 'CreateMultipartUpload',
    act: createMultipartUpload,
    method: 'POST',
    on: 'object',
    needs: ['uploads'],
  },
  { name: 'UploadPart', act: uploadPart, method: 'PUT', on: 'object', needs: partNeeds },
  {
    name: 'UploadPartCopy',
    act: uploadPartCopy,
    method: 'PUT',
    on: 'object',
    needs: partNeeds,
    copies: true,
  },
  {
    name: 'CompleteMultipartUpload',
    act: completeMultipartUpload,
    method: 'POST',
    on: 'object',
    needs: uploadNeeds,
  },
  {
    name: 'AbortMultipartUpload',
    act: abortMultipartUpload,
    method: 'DELETE',
    on: 'object',
    needs: uploadNeeds,
  },
  {
    name: 'ListParts',
    act: listParts,
    method: 'GET',
    on: 'object',
    needs: uploadNeeds,
    takes: ['max-parts', 'part-number-marker'],
  },
];

/** A request's operation and what it acts on. */
export interface Routed {
  readonly name: string;
  readonly act: S3Act;
  readonly bucket: string;
  readonly key: string;
}

/** S3's limit, in bytes of UTF-8. */
const maxKeyBytes = 1024;

/**
 * Finds the operation. Every query parameter must belong to it, so that an unknown sub-resource is refused and not taken
 * for the plain operation.
 * @throws {ApiError} 501 for what is not done here.
 */
export function routeS3(request: ApiRequest): Routed {
  const { bucket, key } = splitPath(request.path);
  const on = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const copies = request.headers.has('x-amz-copy-source');
  // The SDK repeats the operation's name here; it means nothing.
  const asked = [...request.query.keys()].filter((name) => name !== 'x-id');
  const route = routes.find(
    (candidate) =>
      candidate.method === request.method &&
      candidate.on === on &&
      (candidate.copies ?? false) === copies &&
      isAskedBy(candidate, asked),
  );
  if (route === undefined) throw notImplemented(`${request.method} of a ${on} with these parameters`);
  if (Buffer.byteLength(key) > maxKeyBytes)
    throw new ApiError(400, 'KeyTooLongError', 'Your key is too long', {
      MaxSizeAllowed: String(maxKeyBytes),
    });
  return { name: route.name, act: route.act, bucket, key };
}

function isAskedBy({ needs = [], takes = [] }: Route, asked: readonly string[]): boolean {
  return (
    needs.every((name) => asked.includes(name)) &&
    asked.every((name) => needs.includes(name) || takes.includes(name))
  );
}

function splitPath(path: string): { bucket: string; key: string } {
  try {
    const slash = path.indexOf('/', 1);
    if (slash === -1) return { bucket: decodeURIComponent(path.slice(1)), key: '' };
    return {
      bucket: decodeURIComponent(path.slice(1, slash)),
      key: decodeURIComponent(path.slice(slash + 1)),
    };
  } catch {
    throw new ApiError(400, 'InvalidURI', "Couldn't parse the specified URI.");
  }
}
