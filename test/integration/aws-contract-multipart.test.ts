import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { expect } from 'vitest';
import { contract, failureOf } from './aws-backends.ts';

const leastPart = 5 * 1024 * 1024;

contract('multipart uploads', (aws, test) => {
  const begin = async (Key = 'big') => {
    const Bucket = await aws.bucket();
    const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    return { Bucket, Key, UploadId };
  };
  type Begun = Awaited<ReturnType<typeof begin>>;
  const sendPart = async (upload: Begun, PartNumber: number, Body: Buffer | string) => {
    const part = await aws.s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
    return { PartNumber, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 };
  };
  const complete = (
    upload: Begun,
    Parts: { PartNumber: number; ETag?: string | undefined }[],
    more: Partial<CompleteMultipartUploadCommandInput> = {},
  ) => aws.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts }, ...more }));
  const md5 = (bytes: Buffer | string) => createHash('md5').update(bytes).digest();

  test('puts the parts together in order, whatever the order they came in', async () => {
    const upload = await begin();
    const last = await sendPart(upload, 7, 'end');
    const first = await sendPart(upload, 2, Buffer.alloc(leastPart, 'a'));
    const { ETag } = await complete(upload, [first, last]);
    const composed = md5(Buffer.concat([md5(Buffer.alloc(leastPart, 'a')), md5('end')])).toString('hex');
    expect(ETag).toBe(`"${composed}-2"`);
    const found = await aws.s3.send(new GetObjectCommand({ Bucket: upload.Bucket, Key: upload.Key }));
    expect(found.ContentLength).toBe(leastPart + 3);
    expect(await found.Body?.transformToString()).toBe(`${'a'.repeat(leastPart)}end`);
  });

  test('shows nothing before the end', async () => {
    const upload = await begin();
    await sendPart(upload, 1, 'x');
    const { Bucket, Key } = upload;
    expect((await failureOf(aws.s3.send(new HeadObjectCommand({ Bucket, Key })))).status).toBe(404);
  });

  test('takes the last of a part that was sent twice', async () => {
    const upload = await begin();
    const old = await sendPart(upload, 1, 'old');
    const fresh = await sendPart(upload, 1, 'new');
    expect((await failureOf(complete(upload, [old]))).name).toBe('InvalidPart');
    await complete(upload, [fresh]);
    const found = await aws.s3.send(new GetObjectCommand({ Bucket: upload.Bucket, Key: upload.Key }));
    expect(await found.Body?.transformToString()).toBe('new');
  });

  test('refuses parts that are too small, but for the last', async () => {
    const upload = await begin();
    const parts = [await sendPart(upload, 1, 'small'), await sendPart(upload, 2, 'last')];
    expect(await failureOf(complete(upload, parts))).toEqual({ status: 400, name: 'EntityTooSmall' });
  });

  test.differs(
    'puts them in order itself',
    'refuses parts out of order and parts that never came',
    async () => {
      const upload = await begin();
      const one = await sendPart(upload, 1, Buffer.alloc(leastPart, 'a'));
      const two = await sendPart(upload, 2, Buffer.alloc(leastPart, 'b'));
      expect((await failureOf(complete(upload, [two, one]))).name).toBe('InvalidPartOrder');
      const missing = { PartNumber: 3, ETag: '"0123456789abcdef0123456789abcdef"' };
      expect((await failureOf(complete(upload, [one, missing]))).name).toBe('InvalidPart');
    },
  );

  test.differs('meets an error of its own', 'knows an upload no more once it ended', async () => {
    const upload = await begin();
    const part = await sendPart(upload, 1, 'x');
    await complete(upload, [part]);
    expect((await failureOf(sendPart(upload, 2, 'late'))).name).toBe('NoSuchUpload');
    const aborted = await begin();
    await sendPart(aborted, 1, 'x');
    await aws.s3.send(new AbortMultipartUploadCommand(aborted));
    expect((await failureOf(sendPart(aborted, 1, 'late'))).name).toBe('NoSuchUpload');
  });

  test('completes an upload only if the object is absent, when told so', async () => {
    const upload = await begin();
    const part = await sendPart(upload, 1, 'mine');
    const { Bucket, Key } = upload;
    await aws.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'theirs' }));
    expect((await failureOf(complete(upload, [part], { IfNoneMatch: '*' }))).status).toBe(412);
    const found = await aws.s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(await found.Body?.transformToString()).toBe('theirs');
  });

  test.differs(
    'does not look at it',
    'completes an upload only over the object it was meant for',
    async () => {
      const upload = await begin();
      const part = await sendPart(upload, 1, 'mine');
      const { Bucket, Key } = upload;
      const { ETag = '' } = await aws.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'theirs' }));
      expect((await failureOf(complete(upload, [part], { IfMatch: '"other"' }))).status).toBe(412);
      await complete(upload, [part], { IfMatch: ETag });
    },
  );

  test('lists the parts and the uploads under way', async () => {
    const upload = await begin('some/key');
    for (const number of [3, 1, 2]) await sendPart(upload, number, `part ${number}`);
    const page = await aws.s3.send(new ListPartsCommand({ ...upload, MaxParts: 2 }));
    expect(page.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([1, 2]);
    expect(page.IsTruncated).toBe(true);
    const marker = page.NextPartNumberMarker;
    const rest = await aws.s3.send(new ListPartsCommand({ ...upload, PartNumberMarker: marker }));
    expect(rest.Parts).toMatchObject([{ PartNumber: 3, Size: 6 }]);
    const { Uploads } = await aws.s3.send(new ListMultipartUploadsCommand({ Bucket: upload.Bucket }));
    expect(Uploads).toMatchObject([{ Key: 'some/key', UploadId: upload.UploadId }]);
  });

  test('takes a part from another object', async () => {
    const upload = await begin();
    const { Bucket } = upload;
    await aws.s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: '0123456789' }));
    const { CopyPartResult } = await aws.s3.send(
      new UploadPartCopyCommand({
        ...upload,
        PartNumber: 1,
        CopySource: `${Bucket}/source`,
        CopySourceRange: 'bytes=2-5',
      }),
    );
    await complete(upload, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }]);
    const found = await aws.s3.send(new GetObjectCommand({ Bucket, Key: upload.Key }));
    expect(await found.Body?.transformToString()).toBe('2345');
  });

  test('serves the upload of a stream of unknown length', async () => {
    const Bucket = await aws.bucket();
    const pieces = Array.from({ length: 13 }, (_, index) => Buffer.alloc(1024 * 1024, index));
    const Body = Readable.from(pieces);
    await new Upload({ client: aws.s3, params: { Bucket, Key: 'k', Body }, partSize: leastPart }).done();
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    expect(head.ContentLength).toBe(13 * 1024 * 1024);
    expect(head.ETag).toMatch(/-3"$/);
    const found = await aws.s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    const bytes = Buffer.from((await found.Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(Buffer.concat(pieces))).toBe(true);
  });
});
