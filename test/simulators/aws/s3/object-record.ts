import * as z from 'zod';
import { checksumAlgorithms } from './checksum.ts';

/** A checksum as S3 keeps it: of the whole object, or composed of its parts' checksums. */
export const checksumSchema = z.object({
  algorithm: z.enum(checksumAlgorithms),
  value: z.string(),
  type: z.enum(['FULL_OBJECT', 'COMPOSITE']),
});

/** A checksum and what it is of. */
export type StoredChecksum = z.output<typeof checksumSchema>;

/** What is kept of an object beside its body. */
export const objectRecordSchema = z.object({
  /** Rises with every commit: tells at a restart which of two is the newer. */
  id: z.string(),
  bucket: z.string(),
  key: z.string(),
  size: z.int(),
  etag: z.string(),
  lastModified: z.int(),
  /** Content headers and `x-amz-meta-*`, given back as they came. */
  headers: z.record(z.string(), z.string()),
  checksum: checksumSchema.optional(),
  /** The multipart upload that this commit ends. */
  uploadId: z.string().optional(),
});

/** The record of an object. */
export type ObjectRecord = z.output<typeof objectRecordSchema>;

/** A commit on its way: the new record, or the mark that the key is to go. */
export const commitSchema = z.union([
  objectRecordSchema,
  z.object({ id: z.string(), bucket: z.string(), key: z.string(), deleted: z.literal(true) }),
]);

/** A decided write. */
export type Commit = z.output<typeof commitSchema>;

/** What a writer knows of a new object; the store adds identity and time. */
export type NewObject = Pick<ObjectRecord, 'size' | 'etag' | 'headers' | 'checksum' | 'uploadId'>;
