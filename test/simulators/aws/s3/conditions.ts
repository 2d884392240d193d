import { ApiError, notImplemented } from '../api-error.ts';
import type { WriteGuard } from './object-files.ts';
import type { ObjectRecord } from './object-record.ts';

/** What If-Match and If-None-Match demand of a write. @throws {ApiError} 501 for what S3 does not offer either. */
export function writeGuard(headers: ReadonlyMap<string, string>): WriteGuard {
  const ifNoneMatch = headers.get('if-none-match');
  const ifMatch = headers.get('if-match');
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*')
    throw notImplemented('A write with If-None-Match other than *');
  return (current) => {
    if (ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
    if (ifMatch === undefined) return;
    if (current === undefined) throw noSuchKey();
    if (!etagMatches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  };
}

/** A delete takes If-Match only; an object that is gone already satisfies everybody who names no ETag. */
export function deleteGuard(headers: ReadonlyMap<string, string>): WriteGuard {
  const ifMatch = headers.get('if-match');
  return (current) => {
    if (ifMatch === undefined) return;
    if (current === undefined) throw noSuchKey();
    if (!etagMatches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  };
}

/**
 * Checks the four conditional headers of a read, in HTTP's order of precedence.
 * @param prefix `x-amz-copy-source-` for the source of a copy.
 * @returns false when the answer is 304. @throws {ApiError} PreconditionFailed
 */
export function readAllowed(
  headers: ReadonlyMap<string, string>,
  record: ObjectRecord,
  prefix = '',
): boolean {
  const ifMatch = headers.get(`${prefix}if-match`);
  const since = headers.get(`${prefix}if-unmodified-since`);
  if (ifMatch !== undefined) {
    if (!etagMatches(ifMatch, record.etag)) throw preconditionFailed('If-Match');
  } else if (since !== undefined && isAfter(record, since)) throw preconditionFailed('If-Unmodified-Since');
  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  if (ifNoneMatch !== undefined) return !etagMatches(ifNoneMatch, record.etag);
  const modified = headers.get(`${prefix}if-modified-since`);
  return modified === undefined || isAfter(record, modified);
}

/** Dates in HTTP have whole seconds. An unreadable date is no condition. */
function isAfter(record: ObjectRecord, date: string): boolean {
  const at = Date.parse(date);
  return Number.isNaN(at) || Math.floor(record.lastModified / 1000) * 1000 > at;
}

function etagMatches(header: string, etag: string): boolean {
  return header.split(',').some((item) => {
    const plain = item.trim().replace(/^W\//, '').replace(/^"|"$/g, '');
    return plain === '*' || plain === etag;
  });
}

/** S3's 404 for a key without an object. */
export function noSuchKey(key?: string): ApiError {
  return new ApiError(
    404,
    'NoSuchKey',
    'The specified key does not exist.',
    key === undefined ? {} : { Key: key },
  );
}

/** 412, naming the header that was not satisfied. */
export function preconditionFailed(condition: string): ApiError {
  return new ApiError(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    {
      Condition: condition,
    },
  );
}
