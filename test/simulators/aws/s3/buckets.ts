import { mkdir, readdir, rm } from 'node:fs/promises';
import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import { readJson, writeWhole } from '../atomic-file.ts';
import type { S3Layout } from './layout.ts';
import { listPage } from './list-page.ts';

const bucketSchema = z.object({ region: z.string(), createdAt: z.int() });
/** What is kept of a bucket beside its objects. */
export type BucketRecord = z.output<typeof bucketSchema>;

const namePattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The buckets, each a folder of records. */
export interface Buckets {
  /** @throws {ApiError} NoSuchBucket */
  demand(name: string): Promise<BucketRecord>;
  create(name: string, region: string): Promise<void>;
  delete(name: string): Promise<void>;
  list(): Promise<{ readonly name: string; readonly createdAt: number }[]>;
}

/** The buckets of a layout. */
export function createBuckets(layout: S3Layout): Buckets {
  const find = async (name: string) =>
    namePattern.test(name) ? readJson(layout.bucketPath(name), bucketSchema) : undefined;
  const demand = async (name: string) => {
    const found = await find(name);
    if (found === undefined)
      throw new ApiError(404, 'NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
    return found;
  };
  return {
    demand,
    async create(name, region) {
      if (!namePattern.test(name))
        throw new ApiError(400, 'InvalidBucketName', 'The specified bucket is not valid.');
      if ((await find(name)) !== undefined) return refuseOwned(region);
      await mkdir(layout.bodyRoot(name), { recursive: true });
      await mkdir(layout.recordRoot(name), { recursive: true });
      const record: BucketRecord = { region, createdAt: Date.now() };
      await writeWhole(layout.bucketPath(name), JSON.stringify(record), layout.staging);
    },
    async delete(name) {
      await demand(name);
      const page = await listPage(layout.recordRoot(name), {
        prefix: '',
        delimiter: '',
        after: undefined,
        maxKeys: 1,
      });
      if (page.items.length > 0)
        throw new ApiError(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty');
      // The bucket's record goes first: a kill in between leaves no bucket, only folders that the next one takes over.
      await rm(layout.bucketPath(name));
      for (const folder of [layout.recordRoot(name), layout.bodyRoot(name), layout.uploadRoot(name)])
        await rm(folder, { recursive: true, force: true });
    },
    async list() {
      const names = (await readdir(layout.metadata)).filter((name) => namePattern.test(name)).sort();
      const found = await Promise.all(names.map(async (name) => ({ name, record: await find(name) })));
      return found.flatMap(({ name, record }) =>
        record === undefined ? [] : [{ name, createdAt: record.createdAt }],
      );
    },
  };
}

/** In its oldest region S3 answers a second creation by the owner as if it were the first. */
function refuseOwned(region: string): void {
  if (region !== 'us-east-1')
    throw new ApiError(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
    );
}
