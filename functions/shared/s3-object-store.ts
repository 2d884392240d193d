import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { type ObjectStore, type Precondition, requireTextSize, type StoredObject } from './object-store.ts';

/** S3 takes parts of 5 MiB and up, 10,000 at most: 8 MiB allows objects of 80 GB, far above a gzipped part. */
const uploadPartBytes = 8 * 1024 * 1024;
/** Two parts in flight keep the network busy while the next one fills; more would only cost memory. */
const uploadQueueSize = 2;

/** The archive bucket. */
export function createS3ObjectStore(client: S3Client, bucket: string): ObjectStore {
  return {
    async getText(key) {
      try {
        const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (object.Body === undefined || object.ETag === undefined)
          throw new Error(`reading ${key}: S3 sent no body`);
        try {
          requireTextSize(key, object.ContentLength ?? 0);
        } catch (error) {
          if (object.Body instanceof Readable) object.Body.destroy();
          throw error;
        }
        return { text: await object.Body.transformToString(), etag: object.ETag };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    async getStream(key) {
      const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (!(object.Body instanceof Readable)) throw new Error(`reading ${key}: S3 sent no stream`);
      return object.Body;
    },
    async size(key) {
      try {
        const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        return head.ContentLength;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    async put(key, body, options = {}) {
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: body,
            ContentType: options.contentType ?? 'application/json',
            ...conditions(options.precondition),
          }),
        );
        return true;
      } catch (error) {
        // 412: the condition does not hold. 409: another conditional write is under way, which will have won.
        // 404: If-Match on an object that is gone. All mean the same to the caller: read again.
        const status = statusOf(error);
        if (options.precondition !== undefined && (status === 412 || status === 409 || status === 404))
          return false;
        throw error;
      }
    },
    async putStream(key, body, options = {}) {
      const upload = new Upload({
        client,
        params: { Bucket: bucket, Key: key, Body: body, ContentType: 'application/gzip' },
        partSize: uploadPartBytes,
        queueSize: uploadQueueSize,
      });
      const abort = () => void upload.abort();
      options.signal?.addEventListener('abort', abort, { once: true });
      try {
        options.signal?.throwIfAborted();
        await upload.done();
      } finally {
        options.signal?.removeEventListener('abort', abort);
      }
    },
    async delete(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    async *list(prefix): AsyncGenerator<StoredObject> {
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        );
        for (const object of page.Contents ?? []) {
          if (object.Key === undefined) continue;
          yield { key: object.Key, bytes: object.Size ?? 0, etag: object.ETag ?? '' };
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },
  };
}

function conditions(precondition: Precondition | undefined) {
  if (precondition === undefined) return {};
  return 'ifAbsent' in precondition ? { IfNoneMatch: '*' } : { IfMatch: precondition.ifMatch };
}

/** Judged by status and not by name: emulators name the same error differently. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
