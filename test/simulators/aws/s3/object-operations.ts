import { rm } from 'node:fs/promises';
import { ApiError } from '../api-error.ts';
import type { S3Act, S3Call } from './call.ts';
import { xmlReply } from './call.ts';
import { deleteGuard, noSuchKey, readAllowed, writeGuard } from './conditions.ts';
import { checksumHeaders, keptHeaders, objectHeaders, writeHeaders } from './object-headers.ts';
import type { ObjectRecord } from './object-record.ts';
import { type ByteRange, parseRange } from './range.ts';
import { receiveBody } from './receive-body.ts';
import { childText, malformed, parseXml } from './xml.ts';

/** PutObject: the body is received and checked first, the condition is judged at the commit. */
export const putObject: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const guard = writeGuard(request.headers);
  const headers = keptHeaders(request.headers);
  const body = await receiveBody(request, { path: store.objects.stage() });
  try {
    const object = {
      size: body.size,
      etag: body.md5,
      headers,
      checksum: { ...body.checksum, type: 'FULL_OBJECT' as const },
    };
    const record = await store.objects.put({ bucket, key }, body.path, object, guard);
    return { status: 200, headers: writeHeaders(record), body: '' };
  } catch (error) {
    await rm(body.path, { force: true });
    throw error;
  }
};

/** GetObject: of the object as it is when the answer begins, whatever is written meanwhile. */
export const getObject: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const found = await store.objects.open(bucket, key);
  if (found === undefined) throw noSuchKey(key);
  const { record, body } = found;
  try {
    if (!readAllowed(request.headers, record)) {
      await body.close();
      return notModified(record);
    }
    const answer = readAnswer(request, record);
    if (answer.length === 0) {
      await body.close();
      return { ...answer.reply, body: '' };
    }
    const stream = body.createReadStream({ start: answer.start, end: answer.start + answer.length - 1 });
    return { ...answer.reply, body: { stream, length: answer.length } };
  } catch (error) {
    await body.close();
    throw error;
  }
};

/** HeadObject: what GetObject would say, without the body. */
export const headObject: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const record = await store.objects.record(bucket, key);
  if (record === undefined) throw noSuchKey(key);
  if (!readAllowed(request.headers, record)) return notModified(record);
  const { reply, length } = readAnswer(request, record);
  return { ...reply, headers: { ...reply.headers, 'content-length': String(length) } };
};

interface ReadAnswer {
  readonly reply: { readonly status: number; readonly headers: Record<string, string> };
  readonly start: number;
  readonly length: number;
}

/** Status and headers of a read, and the bytes that go with it. */
function readAnswer({ headers, query }: S3Call['request'], record: ObjectRecord): ReadAnswer {
  const range = parseRange(headers.get('range'), record.size);
  const common = objectHeaders(record, query);
  if (range !== undefined) return rangeAnswer(common, record, range);
  const wantsChecksum = headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const checksum = wantsChecksum ? checksumHeaders(record) : {};
  return { reply: { status: 200, headers: { ...common, ...checksum } }, start: 0, length: record.size };
}

/** A stored checksum says nothing about a range, so none goes with it. */
function rangeAnswer(common: Record<string, string>, record: ObjectRecord, range: ByteRange): ReadAnswer {
  const contentRange = `bytes ${range.first}-${range.last}/${record.size}`;
  return {
    reply: { status: 206, headers: { ...common, 'content-range': contentRange } },
    start: range.first,
    length: range.last - range.first + 1,
  };
}

function notModified(record: ObjectRecord) {
  return { status: 304, headers: { etag: `"${record.etag}"` } };
}

/** DeleteObject; there being no object is no error. */
export const deleteObject: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  await store.objects.delete({ bucket, key }, deleteGuard(request.headers));
  return { status: 204 };
};

/** A thousand keys of a kilobyte, every character of them as a reference, and the elements around. */
const maxDeleteBytes = 8 * 1024 * 1024;
const maxDeleteKeys = 1000;

/** DeleteObjects: each key on its own, refusals named one by one. */
export const deleteObjects: S3Act = async ({ store, request, bucket }) => {
  await store.buckets.demand(bucket);
  const root = parseXml(await request.text(maxDeleteBytes));
  const objects = root.children.filter(({ name }) => name === 'Object');
  if (root.name !== 'Delete' || objects.length === 0 || objects.length > maxDeleteKeys) throw malformed();
  const deleted: string[] = [];
  const errors: { Key: string; Code: string; Message: string }[] = [];
  for (const object of objects) {
    const key = childText(object, 'Key');
    if (key === undefined || key === '') throw malformed();
    const etag = childText(object, 'ETag');
    try {
      const guard = deleteGuard(new Map(etag === undefined ? [] : [['if-match', etag]]));
      await store.objects.delete({ bucket, key }, guard);
      deleted.push(key);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      errors.push({ Key: key, Code: error.code, Message: error.message });
    }
  }
  const quiet = childText(root, 'Quiet') === 'true';
  return xmlReply('DeleteResult', { Deleted: quiet ? [] : deleted.map((Key) => ({ Key })), Error: errors });
};
