import { type FileHandle, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '../api-error.ts';
import { readJson, writeWhole } from '../atomic-file.ts';
import { createSerial } from '../serial.ts';
import { openBody, placeBody, pruneFolders, removeBody } from './body-tree.ts';
import type { S3Layout } from './layout.ts';
import {
  type Commit,
  commitSchema,
  type NewObject,
  type ObjectRecord,
  objectRecordSchema,
} from './object-record.ts';

/** Refuses, by throwing, a write that the object's present state forbids. */
export type WriteGuard = (current: ObjectRecord | undefined) => void;

/** The objects of all buckets, as files. */
export interface ObjectFiles {
  /** A name for a body on its way in. */
  stage(): string;
  record(bucket: string, key: string): Promise<ObjectRecord | undefined>;
  /** The record and its very body, opened: later writes don't touch what is being read. */
  open(bucket: string, key: string): Promise<{ record: ObjectRecord; body: FileHandle } | undefined>;
  /** Puts a staged body in place of the key's object; the guard's judgement and the write are one step. */
  put(target: ObjectName, staged: string, object: NewObject, guard: WriteGuard): Promise<ObjectRecord>;
  delete(target: ObjectName, guard: WriteGuard): Promise<void>;
}

/** Where an object belongs. */
export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Opens the tree and finishes what a killed process had decided. A write is decided by one rename, of its commit file; moving the
 * body and the record to their places follows, and is done again at start if it was not completed.
 */
export async function openObjectFiles(layout: S3Layout): Promise<ObjectFiles> {
  await mkdir(layout.commits, { recursive: true });
  await mkdir(layout.staging, { recursive: true });
  for (const name of (await readdir(layout.commits)).sort())
    await recover(layout, join(layout.commits, name));
  await rm(layout.staging, { recursive: true });
  await mkdir(layout.staging);

  const keys = createSerial();
  const trees = createSerial();
  const nextId = createIds();
  const record = (bucket: string, key: string) =>
    readJson(layout.recordPath(bucket, key), objectRecordSchema);

  const commit = async (decided: Commit) => {
    const path = join(layout.commits, `${decided.id}.json`);
    await writeWhole(path, JSON.stringify(decided), layout.staging);
    await trees.run(decided.bucket, () => carryOut(layout, decided, path));
  };
  const locked = <Result>({ bucket, key }: ObjectName, act: () => Promise<Result>) =>
    keys.run(`${bucket}/${key}`, act);

  return {
    stage: () => join(layout.staging, nextId()),
    record,
    open: (bucket, key) =>
      locked({ bucket, key }, async () => {
        const found = await record(bucket, key);
        return found && { record: found, body: await openBody(layout.bodyPath(bucket, key)) };
      }),
    put: (target, staged, object, guard) =>
      locked(target, async () => {
        guard(await record(target.bucket, target.key));
        const id = nextId();
        await rename(staged, join(layout.staging, bodyName(id)));
        const decided: ObjectRecord = { id, ...target, ...object, lastModified: Date.now() };
        await commit(decided);
        return decided;
      }),
    delete: (target, guard) =>
      locked(target, async () => {
        const current = await record(target.bucket, target.key);
        guard(current);
        if (current !== undefined) await commit({ id: nextId(), ...target, deleted: true });
      }),
  };
}

function bodyName(id: string): string {
  return `${id}.body`;
}

/** Sorts by time, and by order within a process. */
function createIds(): () => string {
  let last = 0;
  return () => {
    // Microseconds of our own making: more commits than that in a millisecond only borrow from the next one.
    last = Math.max(last + 1, Date.now() * 1000);
    return last.toString(36).padStart(11, '0');
  };
}

async function recover(layout: S3Layout, path: string): Promise<void> {
  const decided = await readJson(path, commitSchema);
  if (decided === undefined) return;
  const current = await readJson(layout.recordPath(decided.bucket, decided.key), objectRecordSchema);
  if (current !== undefined && current.id > decided.id) await rm(path);
  else await carryOut(layout, decided, path, true);
}

/** Every step may have been done already: a second time it changes nothing. */
async function carryOut(layout: S3Layout, decided: Commit, path: string, again = false): Promise<void> {
  const { bucket, key } = decided;
  const bodyPath = layout.bodyPath(bucket, key);
  const recordPath = layout.recordPath(bucket, key);
  if ('deleted' in decided) {
    await removeBody(bodyPath, layout.bodyRoot(bucket));
    await rm(recordPath, { force: true });
    await pruneFolders(dirname(recordPath), layout.recordRoot(bucket));
    await rm(path);
    return;
  }
  const staged = join(layout.staging, bodyName(decided.id));
  await placeBody(staged, bodyPath, layout.bodyRoot(bucket)).catch((error: unknown) => {
    // Missing at a restart: it was placed before the process was killed.
    if (!again || !hasCode(error, 'ENOENT')) throw error;
  });
  if (decided.uploadId !== undefined)
    await rm(layout.uploadPath(bucket, decided.uploadId), { recursive: true, force: true });
  await mkdir(dirname(recordPath), { recursive: true });
  await rename(path, recordPath);
}
