import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import type { S3Act, S3Store } from './call.ts';
import { xmlReply } from './call.ts';
import { type ChecksumAlgorithm, createChecksum, defaultAlgorithm, elementOf, headerOf } from './checksum.ts';
import { writeGuard } from './conditions.ts';
import type { StoredChecksum } from './object-record.ts';
import type { PartRecord } from './part-files.ts';
import { joinFiles } from './store-stream.ts';
import type { UploadRecord } from './upload-files.ts';
import { childText, malformed, parseXml, type XmlElement } from './xml.ts';

/** 10,000 parts of some 200 bytes of XML each. */
const maxDocumentBytes = 4 * 1024 * 1024;
/** S3's least size of every part but the last. */
const minPartBytes = 5 * 1024 * 1024;

/** CompleteMultipartUpload: the named parts become the key's object, in one step and on condition. */
export const completeMultipartUpload: S3Act = async ({ store, request, bucket, key }) => {
  await store.buckets.demand(bucket);
  const upload = await store.uploads.demand(bucket, key, request.query.get('uploadId') ?? '');
  const guard = writeGuard(request.headers);
  const parts = choose(await store.uploads.parts(upload), await request.text(maxDocumentBytes));
  // Judged before the copying as well, to spare it; what counts is the judgement at the commit.
  guard(await store.objects.record(bucket, key));
  const staged = store.objects.stage();
  try {
    const checksum = await join(store, upload, parts, staged);
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    checkClaims(request.headers, checksum, size);
    const record = await store.objects.put(
      { bucket, key },
      staged,
      {
        size,
        etag: composeEtag(parts),
        headers: upload.headers,
        checksum,
        uploadId: upload.uploadId,
      },
      guard,
    );
    store.uploads.forget(upload);
    return xmlReply('CompleteMultipartUploadResult', {
      Location: `${request.origin}/${bucket}/${encodeURIComponent(key)}`,
      Bucket: bucket,
      Key: key,
      ETag: `"${record.etag}"`,
      [elementOf(checksum.algorithm)]: checksum.value,
      ChecksumType: checksum.type,
    });
  } catch (error) {
    await rm(staged, { force: true });
    throw error;
  }
};

const wantedSchema = z.object({ number: z.coerce.number().int().min(1), etag: z.string() });

/** The stored parts that the client names. @throws {ApiError} when one is not what the client says. */
function choose(stored: readonly PartRecord[], document: string): PartRecord[] {
  const root = parseXml(document);
  const elements = root.children.filter(({ name }) => name === 'Part');
  if (root.name !== 'CompleteMultipartUpload' || elements.length === 0) throw malformed();
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  const parts = elements.map((element) => chooseOne(byNumber, element));
  if (parts.some((part, index) => part.number <= (parts[index - 1]?.number ?? 0)))
    throw new ApiError(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
  const small = parts.slice(0, -1).find(({ size }) => size < minPartBytes);
  if (small !== undefined)
    throw new ApiError(
      400,
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed object size.',
      {
        PartNumber: String(small.number),
        ProposedSize: String(small.size),
        MinSizeAllowed: String(minPartBytes),
      },
    );
  return parts;
}

function chooseOne(byNumber: ReadonlyMap<number, PartRecord>, element: XmlElement): PartRecord {
  const wanted = wantedSchema.safeParse({
    number: childText(element, 'PartNumber'),
    etag: childText(element, 'ETag'),
  });
  if (!wanted.success) throw malformed();
  const part = byNumber.get(wanted.data.number);
  const claimed = part && childText(element, elementOf(part.checksum.algorithm));
  const fits =
    part?.md5 === wanted.data.etag.replace(/^"|"$/g, '') &&
    (claimed === undefined || claimed === part.checksum.value);
  if (part === undefined || !fits)
    throw new ApiError(
      400,
      'InvalidPart',
      "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.",
      { PartNumber: String(wanted.data.number) },
    );
  return part;
}

/** S3's ETag of a multipart object: the MD5 of its parts' MD5s, and their number. */
function composeEtag(parts: readonly PartRecord[]): string {
  const md5 = createHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.md5, 'hex'));
  return `${md5.digest('hex')}-${parts.length}`;
}

/** Puts the parts one behind the other, by copying only if they don't lie so, and finds the checksum of the whole. */
async function join(
  { uploads }: S3Store,
  upload: UploadRecord,
  parts: readonly PartRecord[],
  staged: string,
): Promise<StoredChecksum> {
  const { type, algorithm = defaultAlgorithm } = upload;
  const stretches = parts.map((part) => uploads.stretchOf(upload, part));
  // A composed checksum comes from the parts' own: their bytes need no second look.
  if (type === 'COMPOSITE') {
    const value = composeChecksum(algorithm, parts);
    if (!(await uploads.linkWhole(upload, parts, staged))) await joinFiles(stretches, staged, () => {});
    return { algorithm, value, type };
  }
  const whole = createChecksum(algorithm);
  await joinFiles(stretches, staged, (bytes) => whole.update(bytes));
  return { algorithm, value: whole.digest().toString('base64'), type };
}

function composeChecksum(algorithm: ChecksumAlgorithm, parts: readonly PartRecord[]): string {
  const checksum = createChecksum(algorithm);
  for (const part of parts) {
    if (part.checksum.algorithm !== algorithm)
      throw new ApiError(400, 'InvalidRequest', `The upload was created using a ${algorithm} checksum.`);
    checksum.update(Buffer.from(part.checksum.value, 'base64'));
  }
  return `${checksum.digest().toString('base64')}-${parts.length}`;
}

function checkClaims(headers: ReadonlyMap<string, string>, checksum: StoredChecksum, size: number): void {
  const claimed = headers.get(headerOf(checksum.algorithm));
  if (claimed !== undefined && claimed !== checksum.value)
    throw new ApiError(400, 'BadDigest', 'The checksum you specified did not match the calculated checksum.');
  const claimedSize = headers.get('x-amz-mp-object-size');
  if (claimedSize !== undefined && Number(claimedSize) !== size)
    throw new ApiError(
      400,
      'InvalidRequest',
      'The provided object size does not match the sum of the parts.',
    );
}
