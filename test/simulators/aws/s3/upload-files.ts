import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { ApiError, hasCode } from '../api-error.ts';
import { readJson, writeWhole } from '../atomic-file.ts';
import { checksumAlgorithms } from './checksum.ts';
import type { S3Layout } from './layout.ts';
import { checksumSchema } from './object-record.ts';
import { createPartAssembly } from './part-assembly.ts';
import type { BodyPlace } from './receive-body.ts';
import type { ReceivedBody, Stretch } from './store-stream.ts';
import { isWhole, linkExact, totalOf, wholeFile } from './whole-file.ts';

const uploadSchema = z.object({
  uploadId: z.string(),
  bucket: z.string(),
  key: z.string(),
  initiatedAt: z.int(),
  headers: z.record(z.string(), z.string()),
  algorithm: z.enum(checksumAlgorithms).optional(),
  type: checksumSchema.shape.type,
});
/** A multipart upload as it was begun. */
export type UploadRecord = z.output<typeof uploadSchema>;

const partSchema = z.object({
  number: z.int(),
  /** The body's file in the upload's folder: the common one, or one of its own. */
  file: z.string(),
  offset: z.int().default(0),
  size: z.int(),
  md5: z.string(),
  checksum: z.object({ algorithm: z.enum(checksumAlgorithms), value: z.string() }),
  receivedAt: z.int(),
});
/** A part that has come whole. */
export type PartRecord = z.output<typeof partSchema>;

/** Multipart uploads under way: a folder each, with one record and one body per part. */
export interface UploadFiles {
  create(upload: Omit<UploadRecord, 'uploadId' | 'initiatedAt'>): Promise<UploadRecord>;
  /** @throws {ApiError} NoSuchUpload */
  demand(bucket: string, key: string, uploadId: string): Promise<UploadRecord>;
  /** A file of its own for a part's body on its way in. */
  stagePart(upload: UploadRecord): string;
  /**
   * Has a part's body written, of so many bytes: to where it will lie in the object if that can be, else to a
   * file of its own.
   */
  placePart(
    upload: UploadRecord,
    part: { readonly number: number; readonly bytes: number },
    write: (place: BodyPlace) => Promise<ReceivedBody>,
  ): Promise<ReceivedBody>;
  /** From now on this body is the part; what was the part before is removed. */
  putPart(upload: UploadRecord, number: number, body: ReceivedBody, offset?: number): Promise<void>;
  /** By number, ascending. */
  parts(upload: UploadRecord): Promise<PartRecord[]>;
  stretchOf(upload: UploadRecord, part: PartRecord): Stretch;
  /** Gives the common file a second name, if it is exactly these parts in their order. @returns whether it is. */
  linkWhole(upload: UploadRecord, parts: readonly PartRecord[], path: string): Promise<boolean>;
  abort(upload: UploadRecord): Promise<void>;
  /** The upload's folder is gone with the commit of its object; so is what was remembered of it. */
  forget(upload: UploadRecord): void;
  /** By key and then by age. */
  list(bucket: string): Promise<UploadRecord[]>;
}

const idPattern = /^[0-9a-f]{32}$/;
const partRecordPattern = /^\d{5}\.json$/;

/** The uploads of a layout. */
export function createUploadFiles(layout: S3Layout): UploadFiles {
  const folderOf = (upload: UploadRecord) => layout.uploadPath(upload.bucket, upload.uploadId);
  const find = async (bucket: string, uploadId: string) =>
    idPattern.test(uploadId)
      ? readJson(join(layout.uploadPath(bucket, uploadId), 'upload.json'), uploadSchema)
      : undefined;
  const partPath = (upload: UploadRecord, number: number) =>
    join(folderOf(upload), `${String(number).padStart(5, '0')}.json`);

  const assembly = createPartAssembly();
  const stagePart = (upload: UploadRecord) =>
    join(folderOf(upload), `${randomBytes(8).toString('hex')}.body`);
  const putPart = async (upload: UploadRecord, number: number, body: ReceivedBody, offset = 0) => {
    const path = partPath(upload, number);
    const before = await readJson(path, partSchema);
    const { size, md5, checksum } = body;
    const file = basename(body.path);
    const part: PartRecord = { number, file, offset, size, md5, checksum, receivedAt: Date.now() };
    await writeWhole(path, JSON.stringify(part), layout.staging);
    if (before !== undefined && before.file !== wholeFile)
      await rm(join(folderOf(upload), before.file), { force: true });
  };

  return {
    async create(wanted) {
      const upload = { ...wanted, uploadId: randomBytes(16).toString('hex'), initiatedAt: Date.now() };
      await mkdir(folderOf(upload), { recursive: true });
      await writeFile(join(folderOf(upload), wholeFile), '');
      await writeWhole(join(folderOf(upload), 'upload.json'), JSON.stringify(upload), layout.staging);
      assembly.open(upload.uploadId);
      return upload;
    },
    async demand(bucket, key, uploadId) {
      const found = await find(bucket, uploadId);
      if (found === undefined || found.key !== key) throw noSuchUpload();
      return found;
    },
    stagePart,
    async placePart(upload, { number, bytes }, write) {
      const offset = assembly.claim(upload.uploadId, number, bytes);
      const path = offset === undefined ? stagePart(upload) : join(folderOf(upload), wholeFile);
      try {
        const body = await write({ path, offset });
        await putPart(upload, number, body, offset);
        return body;
      } finally {
        if (offset !== undefined) assembly.release(upload.uploadId, number);
      }
    },
    putPart,
    async parts(upload) {
      const names = (await readNames(folderOf(upload))).filter((name) => partRecordPattern.test(name)).sort();
      const parts = await Promise.all(
        names.map((name) => readJson(join(folderOf(upload), name), partSchema)),
      );
      return parts.filter((part) => part !== undefined);
    },
    stretchOf: (upload, { file, offset, size }) => ({ path: join(folderOf(upload), file), offset, size }),
    async linkWhole(upload, parts, path) {
      const isQuiet = assembly.seal(upload.uploadId);
      return isQuiet && isWhole(parts) && linkExact(join(folderOf(upload), wholeFile), path, totalOf(parts));
    },
    async abort(upload) {
      assembly.close(upload.uploadId);
      // The record goes first: without it nothing of the upload is to be seen.
      await rm(join(folderOf(upload), 'upload.json'), { force: true });
      await rm(folderOf(upload), { recursive: true, force: true });
    },
    forget: ({ uploadId }) => assembly.close(uploadId),
    async list(bucket) {
      const names = await readNames(layout.uploadRoot(bucket));
      const uploads = await Promise.all(names.map((name) => find(bucket, name)));
      return inOrder(uploads.filter((upload) => upload !== undefined));
    },
  };
}

/** By key, in the order of its bytes, and then by age. */
function inOrder(uploads: UploadRecord[]): UploadRecord[] {
  return uploads.sort(
    (left, right) =>
      Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)) || left.initiatedAt - right.initiatedAt,
  );
}

async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function noSuchUpload(): ApiError {
  return new ApiError(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
}
