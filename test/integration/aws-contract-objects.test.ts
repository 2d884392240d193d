import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { contract, failureOf } from './aws-backends.ts';

type PutInput = Omit<PutObjectCommandInput, 'Bucket' | 'Key'>;

contract('objects', (aws, test) => {
  const put = (Bucket: string, Key: string, input: PutInput = { Body: 'x' }) =>
    aws.s3.send(new PutObjectCommand({ Bucket, Key, ...input }));
  const get = async (Bucket: string, Key: string, input: Partial<GetObjectCommandInput> = {}) => {
    const found = await aws.s3.send(new GetObjectCommand({ Bucket, Key, ...input }));
    return { ...found, text: await found.Body?.transformToString() };
  };

  test('gives back bytes, headers and the ETag that MD5 makes', async () => {
    const Bucket = await aws.bucket();
    const key = "raw/source=shop/date=2026-03-08/ä ö+%&'~.json";
    const { ETag } = await put(Bucket, key, {
      Body: 'hello',
      ContentType: 'application/json',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      Metadata: { run: '01' },
    });
    expect(ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
    const found = await get(Bucket, key);
    expect(found).toMatchObject({
      text: 'hello',
      ETag,
      ContentType: 'application/json',
      ContentEncoding: 'gzip',
      CacheControl: 'no-store',
      ContentLength: 5,
      Metadata: { run: '01' },
    });
  });

  test('takes a stream in aws-chunked framing and keeps no trace of the framing', async () => {
    const Bucket = await aws.bucket();
    const pieces = Array.from({ length: 40 }, (_, index) => Buffer.alloc(100_000, index));
    const Body = Readable.from(pieces);
    await put(Bucket, 'stream', { Body, ContentLength: 4_000_000, ContentEncoding: 'gzip' });
    const found = await aws.s3.send(new GetObjectCommand({ Bucket, Key: 'stream' }));
    expect(found.ContentEncoding).toBe('gzip');
    const bytes = await found.Body?.transformToByteArray();
    expect(Buffer.compare(Buffer.from(bytes ?? []), Buffer.concat(pieces))).toBe(0);
  });

  test('echoes the checksum that came with the object', async () => {
    const Bucket = await aws.bucket();
    const written = await put(Bucket, 'k', { Body: '123456789', ChecksumAlgorithm: 'SHA256' });
    const sha256 = createHash('sha256').update('123456789').digest('base64');
    expect(written.ChecksumSHA256).toBe(sha256);
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ChecksumSHA256: sha256, ContentLength: 9 });
  });

  test.differs('stores it', 'refuses a body that its checksum does not fit', async () => {
    const Bucket = await aws.bucket();
    const wrong = put(Bucket, 'k', { Body: 'abc', ChecksumCRC32: 'AAAAAA==' });
    expect((await failureOf(wrong)).status).toBe(400);
    expect((await failureOf(get(Bucket, 'k'))).name).toBe('NoSuchKey');
  });

  test('lets one writer of many create an object', async () => {
    const Bucket = await aws.bucket();
    const writers = Array.from({ length: 8 }, (_, index) =>
      put(Bucket, 'lock', { Body: `${index}`, IfNoneMatch: '*' }),
    );
    const results = await Promise.allSettled(writers);
    const winners = results.flatMap(({ status }, index) => (status === 'fulfilled' ? [`${index}`] : []));
    expect(winners).toHaveLength(1);
    expect((await get(Bucket, 'lock')).text).toBe(winners[0]);
    expect((await failureOf(put(Bucket, 'lock', { Body: 'late', IfNoneMatch: '*' }))).status).toBe(412);
  });

  test('replaces an object only in the state that the writer knows', async () => {
    const Bucket = await aws.bucket();
    const { ETag = '' } = await put(Bucket, 'ledger', { Body: 'one' });
    await put(Bucket, 'ledger', { Body: 'two', IfMatch: ETag });
    expect((await failureOf(put(Bucket, 'ledger', { Body: 'three', IfMatch: ETag }))).status).toBe(412);
    expect((await get(Bucket, 'ledger')).text).toBe('two');
  });

  test('tells a conditional writer that the object is gone', async () => {
    const Bucket = await aws.bucket();
    expect((await failureOf(put(Bucket, 'gone', { Body: 'x', IfMatch: '"abc"' }))).status).toBe(404);
  });

  test('reads ranges from the front, the middle and the end', async () => {
    const Bucket = await aws.bucket();
    await put(Bucket, 'k', { Body: '0123456789' });
    const first = await get(Bucket, 'k', { Range: 'bytes=0-3' });
    expect(first).toMatchObject({ text: '0123', ContentRange: 'bytes 0-3/10' });
    expect((await get(Bucket, 'k', { Range: 'bytes=7-' })).text).toBe('789');
    expect((await get(Bucket, 'k', { Range: 'bytes=-2' })).text).toBe('89');
    expect((await failureOf(get(Bucket, 'k', { Range: 'bytes=10-12' }))).status).toBe(416);
  });

  test('answers conditional reads', async () => {
    const Bucket = await aws.bucket();
    const { ETag = '' } = await put(Bucket, 'k');
    expect((await failureOf(get(Bucket, 'k', { IfNoneMatch: ETag }))).status).toBe(304);
    expect((await failureOf(get(Bucket, 'k', { IfMatch: '"other"' }))).status).toBe(412);
    expect((await get(Bucket, 'k', { IfMatch: ETag })).text).toBe('x');
  });

  test('copies an object with its headers, or with new ones', async () => {
    const Bucket = await aws.bucket();
    await put(Bucket, 'a b', { Body: 'same', ContentType: 'text/a' });
    const CopySource = `${Bucket}/a%20b`;
    await aws.s3.send(new CopyObjectCommand({ Bucket, Key: 'c', CopySource }));
    const replace = { MetadataDirective: 'REPLACE', ContentType: 'text/b' } as const;
    await aws.s3.send(new CopyObjectCommand({ Bucket, Key: 'd', CopySource, ...replace }));
    expect(await get(Bucket, 'c')).toMatchObject({ text: 'same', ContentType: 'text/a' });
    expect(await get(Bucket, 'd')).toMatchObject({ text: 'same', ContentType: 'text/b' });
  });

  test('deletes what is there and does not mind what is not', async () => {
    const Bucket = await aws.bucket();
    for (const key of ['a', 'a/b', 'c']) await put(Bucket, key);
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
    expect(await failureOf(get(Bucket, 'a'))).toEqual({ status: 404, name: 'NoSuchKey' });
    const Objects = [{ Key: 'a/b' }, { Key: 'c' }, { Key: 'never' }];
    const { Deleted, Errors } = await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toHaveLength(3);
    expect(Errors ?? []).toEqual([]);
    const { KeyCount } = await aws.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(KeyCount).toBe(0);
  });

  test('keeps an object and others below its name apart', async () => {
    const Bucket = await aws.bucket();
    for (const key of ['a', 'a/b', 'a/', 'a//b', 'x/y', 'x']) await put(Bucket, key, { Body: key });
    for (const key of ['a', 'a/b', 'a/', 'a//b', 'x/y', 'x']) expect((await get(Bucket, key)).text).toBe(key);
  });
});

contract('listing', (aws, test) => {
  const keys = ['a!', 'a', 'a/1', 'a/2', 'a/b/3', 'a0', 'b/1', 'c d&e', 'z/long/path', 'ä'];
  const sorted = [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  const filled = async () => {
    const Bucket = await aws.bucket();
    for (const Key of keys) await aws.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    return Bucket;
  };
  const list = async (input: ListObjectsV2CommandInput) => {
    const items: (string | undefined)[] = [];
    const pages: number[] = [];
    let token: string | undefined;
    do {
      const page = await aws.s3.send(
        new ListObjectsV2Command(token === undefined ? input : { ...input, ContinuationToken: token }),
      );
      items.push(...(page.Contents ?? []).map(({ Key }) => Key));
      items.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
      pages.push((page.Contents?.length ?? 0) + (page.CommonPrefixes?.length ?? 0));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return { items, pages };
  };

  test('gives the keys in the order of their bytes', async () => {
    expect((await list({ Bucket: await filled() })).items).toEqual(sorted);
  });

  test('gives every key once, whatever the size of the page', async () => {
    const Bucket = await filled();
    for (const MaxKeys of [1, 3, 9]) {
      const { items, pages } = await list({ Bucket, MaxKeys });
      expect(items).toEqual(sorted);
      expect(Math.max(...pages)).toBe(MaxKeys);
    }
  });

  test('narrows to a prefix, and to what comes after a key', async () => {
    const Bucket = await filled();
    expect((await list({ Bucket, Prefix: 'a/' })).items).toEqual(['a/1', 'a/2', 'a/b/3']);
    expect((await list({ Bucket, Prefix: 'a/', StartAfter: 'a/1' })).items).toEqual(['a/2', 'a/b/3']);
    expect((await list({ Bucket, Prefix: 'nothing' })).items).toEqual([]);
  });

  test('folds what lies below a delimiter into common prefixes', async () => {
    const Bucket = await filled();
    for (const MaxKeys of [1, 2, 1000]) {
      const { items } = await list({ Bucket, Delimiter: '/', MaxKeys });
      expect([...items].sort()).toEqual(['a', 'a!', 'a/', 'a0', 'b/', 'c d&e', 'z/', 'ä']);
    }
    expect((await list({ Bucket, Prefix: 'a/', Delimiter: '/' })).items).toEqual(['a/1', 'a/2', 'a/b/']);
  });

  test('encodes names on request', async () => {
    const Bucket = await filled();
    const page = await aws.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'c', EncodingType: 'url' }));
    expect(decodeURIComponent((page.Contents?.[0]?.Key ?? '').replaceAll('+', ' '))).toBe('c d&e');
  });

  test('tells size and ETag', async () => {
    const Bucket = await filled();
    const page = await aws.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'z' }));
    const ETag = `"${createHash('md5').update('z/long/path').digest('hex')}"`;
    expect(page.Contents?.[0]).toMatchObject({ Size: 11, ETag });
  });
});

contract('large bodies', (aws, test) => {
  test('waits for leave to send and streams a body back', async () => {
    const Bucket = await aws.bucket();
    // Above 2 MiB the SDK sends Expect: 100-continue.
    const Body = Buffer.alloc(3 * 1024 * 1024, 'ab');
    await aws.s3.send(new PutObjectCommand({ Bucket, Key: 'big', Body }));
    const found = await aws.s3.send(new GetObjectCommand({ Bucket, Key: 'big' }));
    if (!(found.Body instanceof Readable)) throw new Error('no stream');
    expect(await text(found.Body)).toBe(Body.toString());
  });
});
