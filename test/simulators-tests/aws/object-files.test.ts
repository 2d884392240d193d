import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDirectory } from '../../simulators/aws/directory-lock.ts';
import { createLayout, type S3Layout } from '../../simulators/aws/s3/layout.ts';
import { openObjectFiles } from '../../simulators/aws/s3/object-files.ts';
import type { Commit } from '../../simulators/aws/s3/object-record.ts';

let dataDir: string;
let layout: S3Layout;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'object-files-'));
  layout = createLayout(dataDir);
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const bucket = 'archive';
const object = { size: 3, etag: 'x', headers: {} };
const anyState = () => {};

async function put(key: string, body: string) {
  const files = await openObjectFiles(layout);
  const staged = files.stage();
  writeFileSync(staged, body);
  await files.put({ bucket, key }, staged, { ...object, size: body.length }, anyState);
  return files;
}

async function read(key: string): Promise<string | undefined> {
  const found = await (await openObjectFiles(layout)).open(bucket, key);
  return found && text(found.body.createReadStream());
}

/** What a process leaves that was killed right after it decided a write. */
function leaveCommit(commit: Commit, body?: string): void {
  mkdirSync(layout.commits, { recursive: true });
  mkdirSync(layout.staging, { recursive: true });
  writeFileSync(join(layout.commits, `${commit.id}.json`), JSON.stringify(commit));
  if (body !== undefined) writeFileSync(join(layout.staging, `${commit.id}.body`), body);
}

const newest = 'zzzzzzzzzzz';
const oldest = '00000000000';
const record = (id: string) => ({ id, bucket, key: 'raw/a', lastModified: 0, ...object });

describe('objects as files', () => {
  it("lie where their keys say, also when one's name is a folder to another", async () => {
    await put('raw/a', 'one');
    expect(readFileSync(join(dataDir, 's3/archive/raw/a'), 'utf8')).toBe('one');
    await put('raw/a/b', 'two');
    expect(readFileSync(join(dataDir, 's3/archive/raw/a/b'), 'utf8')).toBe('two');
    expect(readFileSync(join(dataDir, 's3/archive/raw/a%'), 'utf8')).toBe('one');
    expect(await read('raw/a')).toBe('one');
    await put('raw/a', 'new');
    expect(await read('raw/a')).toBe('new');
    expect(await read('raw/a/b')).toBe('two');
  });

  it('leave no empty folders behind', async () => {
    const files = await put('raw/x/y/z', 'one');
    await files.delete({ bucket, key: 'raw/x/y/z' }, anyState);
    expect(readdirSync(layout.bodyRoot(bucket))).toEqual([]);
    expect(readdirSync(layout.recordRoot(bucket))).toEqual([]);
  });

  it('are there after a kill between the decision and the moves', async () => {
    await put('raw/a', 'old');
    leaveCommit(record(newest), 'new');
    expect(await read('raw/a')).toBe('new');
    expect(readdirSync(layout.commits)).toEqual([]);
  });

  it('are there after a kill between the move of the body and that of the record', async () => {
    await put('raw/a', 'new');
    leaveCommit(record(newest));
    expect(await read('raw/a')).toBe('new');
    expect((await (await openObjectFiles(layout)).record(bucket, 'raw/a'))?.id).toBe(newest);
  });

  it('are gone after a kill in the middle of a deletion', async () => {
    await put('raw/a', 'old');
    leaveCommit({ id: newest, bucket, key: 'raw/a', deleted: true });
    expect(await read('raw/a')).toBeUndefined();
    expect(existsSync(layout.bodyPath(bucket, 'raw/a'))).toBe(false);
  });

  it('are not put back by a commit that a later one has overtaken', async () => {
    await put('raw/a', 'later');
    leaveCommit(record(oldest), 'earlier');
    expect(await read('raw/a')).toBe('later');
  });

  it('take what was left unfinished out of the way', async () => {
    mkdirSync(layout.staging, { recursive: true });
    writeFileSync(join(layout.staging, 'half'), 'x');
    await openObjectFiles(layout);
    expect(readdirSync(layout.staging)).toEqual([]);
  });

  it('end the multipart upload that they came from', async () => {
    const upload = join(layout.uploadPath(bucket, 'abc'), 'upload.json');
    mkdirSync(dirname(upload), { recursive: true });
    writeFileSync(upload, '{}');
    leaveCommit({ ...record(newest), uploadId: 'abc' }, 'new');
    expect(await read('raw/a')).toBe('new');
    expect(existsSync(upload)).toBe(false);
  });
});

describe('the lock of a data folder', () => {
  it('is held by one at a time, and given back', async () => {
    const unlock = await lockDirectory(dataDir);
    await expect(lockDirectory(dataDir, 0)).rejects.toThrow('another embedded AWS is using it');
    unlock();
    (await lockDirectory(dataDir, 0))();
  });

  it('is taken from a process that is no more', async () => {
    // Above the largest process number of Linux and macOS.
    writeFileSync(join(dataDir, 'server.lock'), JSON.stringify({ pid: 2 ** 30, started: '1' }));
    (await lockDirectory(dataDir, 1000))();
  });
});
