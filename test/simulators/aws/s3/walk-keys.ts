import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../api-error.ts';
import { continuationMark, nameToText } from './key-path.ts';
import { metadataMark } from './layout.ts';

interface Entry {
  /** The key's segment. */
  readonly name: string;
  /** Where the keys below it are; undefined for an object. */
  readonly folder?: string;
}

/**
 * The keys below a folder of records in the order of their UTF-8 bytes, read folder by folder.
 * @param base what the keys begin with here. @param wants whether keys that begin so can matter at all.
 */
export async function* walkKeys(
  folder: string,
  wants: (beginning: string) => boolean,
  base = '',
): AsyncGenerator<string> {
  const entries = (await readLevel(folder)).map((entry) => ({ entry, order: orderOf(entry) }));
  entries.sort((left, right) => Buffer.compare(left.order, right.order));
  for (const { entry } of entries) {
    const key = base + entry.name;
    if (entry.folder === undefined) yield key;
    else if (wants(`${key}/`)) yield* walkKeys(entry.folder, wants, `${key}/`);
  }
}

/** A folder stands for keys that go on with a slash, which decides its place among its neighbours. */
function orderOf(entry: Entry): Buffer {
  return Buffer.from(entry.folder === undefined ? entry.name : `${entry.name}/`);
}

/** One level of segments; long segments that were cut are put together again. */
async function readLevel(folder: string): Promise<Entry[]> {
  const levels = await Promise.all((await listFolder(folder)).map((entry) => readEntry(folder, entry)));
  return levels.flat();
}

async function readEntry(folder: string, entry: Dirent): Promise<Entry[]> {
  const { name } = entry;
  const path = join(folder, name);
  if (!entry.isDirectory())
    return name.endsWith(metadataMark) ? [{ name: nameToText(name.slice(0, -metadataMark.length)) }] : [];
  if (!name.endsWith(continuationMark)) return [{ name: nameToText(name), folder: path }];
  const beginning = nameToText(name.slice(0, -continuationMark.length));
  return (await readLevel(path)).map((rest) => ({ ...rest, name: beginning + rest.name }));
}

async function listFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
