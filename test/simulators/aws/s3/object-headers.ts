import { notImplemented } from '../api-error.ts';
import { headerOf } from './checksum.ts';
import type { ObjectRecord } from './object-record.ts';

const contentHeaders = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
] as const;

/** What would change the meaning of a write; to accept it and do nothing would be a lie. */
const refusedHeaders = [
  'x-amz-acl',
  'x-amz-tagging',
  'x-amz-website-redirect-location',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-object-lock-legal-hold',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-write-offset-bytes',
];

/** The headers to keep with an object. @throws {ApiError} 501 for those that ask for more than is done here. */
export function keptHeaders(headers: ReadonlyMap<string, string>): Record<string, string> {
  const refused = refusedHeaders.find((name) => headers.has(name));
  if (refused !== undefined) throw notImplemented(`The header ${refused}`);
  const kept: Record<string, string> = {
    'content-type': 'binary/octet-stream',
    'x-amz-server-side-encryption': 'AES256',
  };
  for (const [name, value] of headers) {
    const isContent = contentHeaders.some((content) => content === name);
    if (isContent || name.startsWith('x-amz-meta-')) kept[name] = value;
  }
  const encoding = withoutAwsChunked(kept['content-encoding'] ?? '');
  if (encoding === '') delete kept['content-encoding'];
  else kept['content-encoding'] = encoding;
  return kept;
}

/** `aws-chunked` is how a body travelled, not what it is. */
function withoutAwsChunked(encoding: string): string {
  const names = encoding.split(',').map((name) => name.trim());
  return names.filter((name) => name !== '' && name !== 'aws-chunked').join(',');
}

/** The query's names for headers that a reader may have replaced. */
const overrides: Readonly<Record<string, string>> = {
  'response-content-type': 'content-type',
  'response-content-encoding': 'content-encoding',
  'response-content-disposition': 'content-disposition',
  'response-content-language': 'content-language',
  'response-cache-control': 'cache-control',
  'response-expires': 'expires',
};
/** The parameters that a Get or Head may carry for it. */
export const overrideNames = Object.keys(overrides);

/** The headers of a Get or Head answer, without length and range. */
export function objectHeaders(record: ObjectRecord, query: URLSearchParams): Record<string, string> {
  const headers: Record<string, string> = {
    ...record.headers,
    etag: `"${record.etag}"`,
    'last-modified': new Date(record.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
  };
  for (const [parameter, name] of Object.entries(overrides)) {
    const value = query.get(parameter);
    if (value !== null) headers[name] = value;
  }
  return headers;
}

/** The stored checksum as headers. */
export function checksumHeaders(record: Pick<ObjectRecord, 'checksum'>): Record<string, string> {
  const { checksum } = record;
  if (checksum === undefined) return {};
  return { [headerOf(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** The headers that every write answers with. */
export function writeHeaders(record: ObjectRecord): Record<string, string> {
  const encryption = Object.entries(record.headers).filter(([name]) =>
    name.startsWith('x-amz-server-side-encryption'),
  );
  return { etag: `"${record.etag}"`, ...checksumHeaders(record), ...Object.fromEntries(encryption) };
}
