import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { hasCode } from '../api-error.ts';
import { readJson, writeWhole } from '../atomic-file.ts';
import { checksumAlgorithms } from './checksum.ts';
import { createPartAssembly, type PartAssembly } from './part-assembly.ts';
import type { BodyPlace } from './receive-body.ts';
import type { ReceivedBody, Stretch } from './store-stream.ts';
import type { UploadRecord } from './upload-files.ts';
import { isWhole, linkExact, totalOf, wholeFile } from './whole-file.ts';

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

const partRecordPattern = /^\d{5}\.json$/;

/** The parts of multipart uploads, each a record and a body in its upload's folder. */
export interface PartFiles {
  readonly assembly: PartAssembly;
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
}

/** The parts below the uploads' folders. */
export function createPartFiles(folderOf: (upload: UploadRecord) => string, staging: string): PartFiles {
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
    await writeWhole(path, JSON.stringify(part), staging);
    if (before !== undefined && before.file !== wholeFile)
      await rm(join(folderOf(upload), before.file), { force: true });
  };

  return {
    assembly,
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
  };
}

/** The names in a folder; none when there is no such folder. */
export async function readNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
