import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { hasCode } from './api-error.ts';

/**
 * Writes a whole small file so that a killed process leaves either the old or the new one. No fsync: what was
 * written is with the kernel, which outlives the process; a power cut is not what this server guards against.
 * @param staging folder on the same file system for the file until it is complete.
 */
export async function writeWhole(path: string, text: string, staging: string): Promise<void> {
  const temporary = join(staging, `${randomUUID()}.tmp`);
  await writeFile(temporary, text);
  try {
    await rename(temporary, path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      await rm(temporary, { force: true });
      throw error;
    }
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
  }
}

/** The file's JSON, checked; undefined when there is no such file. @throws when the file is not what it should be. */
export async function readJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    // ENOTDIR: something on the way is a file, so there is nothing by this name either.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  return schema.parse(JSON.parse(text));
}
