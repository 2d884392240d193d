import { Readable } from 'node:stream';
import { CreateBucketCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createS3ObjectStore } from '../../functions/shared/s3-object-store.ts';
import { startTestAws, type TestAws } from '../support/aws.ts';
import { describeObjectStore } from '../support/object-store.contract.ts';

let aws: TestAws;
let buckets = 0;

async function freshBucket() {
  buckets += 1;
  const bucket = `bucket-${buckets}`;
  await aws.s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

beforeAll(async () => {
  aws = await startTestAws();
});
afterAll(() => aws.close());

describe('the object store on S3', () => {
  describeObjectStore(async () => createS3ObjectStore(aws.s3, await freshBucket()));

  it('leaves no unfinished upload behind when a stream fails', async () => {
    const bucket = await freshBucket();
    const failing = Readable.from(
      (function* () {
        for (let piece = 0; piece < 20; piece += 1) yield Buffer.alloc(1024 * 1024);
        throw new Error('cut');
      })(),
    );
    await expect(createS3ObjectStore(aws.s3, bucket).putStream('k', failing)).rejects.toThrow('cut');
    const { Uploads } = await aws.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    expect(Uploads ?? []).toEqual([]);
  });
});
