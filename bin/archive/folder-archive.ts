import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ObjectStore, requireTextSize, type StoredObject } from '../../functions/shared/object-store.ts';

/** What reading stored runs needs of an archive. */
export interface ReadableArchive extends Pick<ObjectStore, 'getText' | 'getStream'> {
  /** Every object under a prefix, in key order. */
  list(prefix: string): AsyncIterable<Pick<StoredObject, 'key'>>;
}

/** The archive as plain folders laid out by key, as `connector local` and `aws s3 sync` leave it. */
export function openFolderArchive(folder: string): ReadableArchive {
  return {
    async getText(key) {
      try {
        requireTextSize(key, (await stat(join(folder, key))).size);
        return { text: await readFile(join(folder, key), 'utf8'), etag: '' };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async getStream(key) {
      const handle = await open(join(folder, key));
      return createReadStream('', { fd: handle, highWaterMark: readBytes });
    },
    list: (prefix) => objectsBelow(folder, prefix),
  };
}

/** Bytes read at a time: a part is some ten megabytes. */
const readBytes = 256 * 1024;

async function* objectsBelow(folder: string, prefix: string): AsyncGenerator<Pick<StoredObject, 'key'>> {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const found = await readdir(join(folder, start), { recursive: true, withFileTypes: true }).catch(
    (error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    },
  );
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of files.sort()) {
    const key = path.slice(join(folder, '/').length);
    if (key.startsWith(prefix)) yield { key };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
