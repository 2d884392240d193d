import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import type { S3Act, S3Call } from './call.ts';
import { xmlReply } from './call.ts';
import { elementOf } from './checksum.ts';
import { type ListPage, type ListPosition, listPage } from './list-page.ts';
import type { XmlContent } from './xml.ts';

/** S3 gives no longer page, whatever is asked for. */
const maxPageKeys = 1000;

/** ListObjectsV2, in pages that the token of the one before continues. */
export const listObjectsV2: S3Act = async (call) => {
  const { store, request, bucket } = call;
  await store.buckets.demand(bucket);
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const startAfter = query.get('start-after') ?? '';
  const token = query.get('continuation-token');
  const maxKeys = readMaxKeys(query.get('max-keys'));
  const after =
    token !== null ? readToken(token) : startAfter === '' ? undefined : { text: startAfter, isPrefix: false };
  const page = await listPage(store.layout.recordRoot(bucket), { prefix, delimiter, after, maxKeys });
  const shown = encoder(query.get('encoding-type'));
  return xmlReply('ListBucketResult', {
    Name: bucket,
    Prefix: shown(prefix),
    Delimiter: delimiter === '' ? undefined : shown(delimiter),
    StartAfter: startAfter === '' ? undefined : shown(startAfter),
    ContinuationToken: token ?? undefined,
    EncodingType: query.get('encoding-type') ?? undefined,
    MaxKeys: maxKeys,
    KeyCount: page.items.length,
    IsTruncated: page.isTruncated,
    NextContinuationToken: nextToken(page),
    Contents: await contents(call, page, shown),
    CommonPrefixes: page.items
      .filter(({ isPrefix }) => isPrefix)
      .map(({ text }) => ({ Prefix: shown(text) })),
  });
};

async function contents(
  { store, request, bucket }: S3Call,
  page: ListPage,
  shown: (text: string) => string,
): Promise<XmlContent> {
  const owner = request.query.get('fetch-owner') === 'true' ? { ID: '000000000000' } : undefined;
  const items: XmlContent[] = [];
  for (const { text, isPrefix } of page.items) {
    // Deleted while the page was read: then it is not in it.
    const record = isPrefix ? undefined : await store.objects.record(bucket, text);
    if (record === undefined) continue;
    items.push({
      Key: shown(text),
      LastModified: new Date(record.lastModified).toISOString(),
      ETag: `"${record.etag}"`,
      ChecksumAlgorithm: record.checksum && elementOf(record.checksum.algorithm).slice('Checksum'.length),
      ChecksumType: record.checksum?.type,
      Size: record.size,
      Owner: owner,
      StorageClass: 'STANDARD',
    });
  }
  return items;
}

/** A whole number of at most 1000; more is cut, as S3 does. */
export function readMaxKeys(text: string | null): number {
  if (text === null || text === '') return maxPageKeys;
  if (!/^\d{1,9}$/.test(text))
    throw new ApiError(400, 'InvalidArgument', 'Provided max-keys not an integer or within integer range');
  return Math.min(maxPageKeys, Number(text));
}

/**
 * How names appear: as they are, or percent-encoded with the slashes kept. A space is `%20`, which readers that take
 * `+` for a space understand as well as those that don't.
 */
export function encoder(encodingType: string | null): (text: string) => string {
  if (encodingType === null) return (text) => text;
  if (encodingType !== 'url')
    throw new ApiError(400, 'InvalidArgument', 'Invalid Encoding Method specified in Request');
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}

const tokenSchema = z.object({ text: z.string(), isPrefix: z.boolean() });

function nextToken(page: ListPage): string | undefined {
  const last = page.items.at(-1);
  if (!page.isTruncated || last === undefined) return undefined;
  return Buffer.from(JSON.stringify(last)).toString('base64url');
}

function readToken(token: string): ListPosition {
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
  } catch {
    throw new ApiError(400, 'InvalidArgument', 'The continuation token provided is incorrect');
  }
}
