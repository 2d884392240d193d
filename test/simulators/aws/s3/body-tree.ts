import { type FileHandle, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../api-error.ts';
import { shadowMark } from './key-path.ts';

/**
 * Moves a complete body to where its key says. When a folder has that name already, the body goes beside it, under
 * its name with a mark; when an ancestor is a body, that one moves aside for the folder.
 * The caller lets only one such move happen in a bucket at a time.
 */
export async function placeBody(staged: string, path: string, root: string): Promise<void> {
  await makeFolders(dirname(path), root);
  if (await isFolder(path)) {
    await rename(staged, path + shadowMark);
    return;
  }
  await rename(staged, path);
  await rm(path + shadowMark, { force: true });
}

/** Removes a body and the folders that it leaves empty. */
export async function removeBody(path: string, root: string): Promise<void> {
  await rm((await isFolder(path)) ? path + shadowMark : path, { force: true });
  // The mark may be left over from a folder that is gone.
  await rm(path + shadowMark, { force: true });
  await pruneFolders(dirname(path), root);
}

/** The body opened for reading, by whichever of its two names. */
export async function openBody(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path, 'r');
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EISDIR')) throw error;
  }
  return open(path + shadowMark, 'r');
}

/** Removes empty folders from here up to the root, which stays. */
export async function pruneFolders(folder: string, root: string): Promise<void> {
  for (let path = folder; path.length > root.length; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return;
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

async function makeFolders(folder: string, root: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    if (!hasCode(error, 'ENOTDIR', 'EEXIST')) throw error;
    await moveAside(folder, root);
    await mkdir(folder, { recursive: true });
  }
}

/** At most one ancestor is a body: nothing lies below a body. */
async function moveAside(folder: string, root: string): Promise<void> {
  for (let path = folder; path.length > root.length; path = dirname(path)) {
    if (await isFile(path)) {
      await rename(path, path + shadowMark);
      return;
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOf(path))?.isDirectory() ?? false;
}

async function isFile(path: string): Promise<boolean> {
  return (await statOf(path))?.isFile() ?? false;
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
