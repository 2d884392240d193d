import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import { readJson, writeWhole } from '../atomic-file.ts';
import { checksumAlgorithms } from './checksum.ts';
import type { S3Layout } from './layout.ts';
import { checksumSchema } from './object-record.ts';
import { createPartFiles, type PartFiles, readNames } from './part-files.ts';
import { wholeFile } from './whole-file.ts';

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

/** Multipart uploads under way: a folder each, with one record and one body per part. */
export interface UploadFiles extends Omit<PartFiles, 'assembly'> {
  create(upload: Omit<UploadRecord, 'uploadId' | 'initiatedAt'>): Promise<UploadRecord>;
  /** @throws {ApiError} NoSuchUpload */
  demand(bucket: string, key: string, uploadId: string): Promise<UploadRecord>;
  abort(upload: UploadRecord): Promise<void>;
  /** The upload's folder is gone with the commit of its object; so is what was remembered of it. */
  forget(upload: UploadRecord): void;
  /** By key and then by age. */
  list(bucket: string): Promise<UploadRecord[]>;
}

const idPattern = /^[0-9a-f]{32}$/;

/** The uploads of a layout. */
export function createUploadFiles(layout: S3Layout): UploadFiles {
  const folderOf = (upload: UploadRecord) => layout.uploadPath(upload.bucket, upload.uploadId);
  const find = async (bucket: string, uploadId: string) =>
    idPattern.test(uploadId)
      ? readJson(join(layout.uploadPath(bucket, uploadId), 'upload.json'), uploadSchema)
      : undefined;
  const { assembly, ...parts } = createPartFiles(folderOf, layout.staging);

  return {
    ...parts,
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

function noSuchUpload(): ApiError {
  return new ApiError(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  );
}
