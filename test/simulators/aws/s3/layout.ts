import { join } from 'node:path';
import { keyToSegments } from './key-path.ts';

/** Ends the name of an object's metadata, which so never meets the name of a folder. */
export const metadataMark = '%meta';

/** Where everything of S3 lies below the data folder. */
export interface S3Layout {
  /** `s3/<bucket>`: the bodies, by key. */
  bodyRoot(bucket: string): string;
  bodyPath(bucket: string, key: string): string;
  /** `s3-meta/<bucket>`: one JSON file per object, by key. */
  recordRoot(bucket: string): string;
  recordPath(bucket: string, key: string): string;
  /** The bucket's own record; its presence is the bucket's. */
  bucketPath(bucket: string): string;
  /** `s3-meta`, whose folders are the buckets and two of the store's own, which no bucket's name can be. */
  readonly metadata: string;
  /** Bodies and records not yet complete; emptied at start. */
  readonly staging: string;
  /** Commits that were decided and perhaps not carried out; replayed at start. */
  readonly commits: string;
  /** `s3-uploads/<bucket>/<uploadId>`: an unfinished multipart upload. */
  uploadRoot(bucket: string): string;
  uploadPath(bucket: string, uploadId: string): string;
}

/** The layout below a data folder. */
export function createLayout(dataDir: string): S3Layout {
  const bodies = join(dataDir, 's3');
  const metadata = join(dataDir, 's3-meta');
  const uploads = join(dataDir, 's3-uploads');
  return {
    bodyRoot: (bucket) => join(bodies, bucket),
    bodyPath: (bucket, key) => join(bodies, bucket, ...keyToSegments(key)),
    recordRoot: (bucket) => join(metadata, bucket),
    recordPath: (bucket, key) => join(metadata, bucket, ...keyToSegments(key)) + metadataMark,
    bucketPath: (bucket) => join(metadata, bucket, '%bucket.json'),
    metadata,
    staging: join(metadata, '.staging'),
    commits: join(metadata, '.commits'),
    uploadRoot: (bucket) => join(uploads, bucket),
    uploadPath: (bucket, uploadId) => join(uploads, bucket, uploadId),
  };
}
