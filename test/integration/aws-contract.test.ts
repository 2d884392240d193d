import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import { expect } from 'vitest';
import { region } from '../support/aws-clients.ts';
import { contract, failureOf } from './aws-backends.ts';

contract('buckets', (aws, test) => {
  test('lists a bucket that was created', async () => {
    const bucket = await aws.bucket();
    const { Buckets } = await aws.s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toContain(bucket);
    await aws.s3.send(new HeadBucketCommand({ Bucket: bucket }));
  });

  test('refuses to create a bucket twice outside the oldest region', async () => {
    const bucket = await aws.bucket();
    const again = new CreateBucketCommand({
      Bucket: bucket,
      CreateBucketConfiguration: { LocationConstraint: region },
    });
    expect(await failureOf(aws.s3.send(again))).toEqual({ status: 409, name: 'BucketAlreadyOwnedByYou' });
  });

  test('deletes an empty bucket only', async () => {
    const bucket = await aws.bucket();
    await aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a/b', Body: 'x' }));
    const first = await failureOf(aws.s3.send(new DeleteBucketCommand({ Bucket: bucket })));
    expect(first).toEqual({ status: 409, name: 'BucketNotEmpty' });
    const empty = await aws.bucket();
    await aws.s3.send(new DeleteBucketCommand({ Bucket: empty }));
    expect((await failureOf(aws.s3.send(new HeadBucketCommand({ Bucket: empty })))).status).toBe(404);
  });

  test('knows no bucket that nobody created', async () => {
    const put = new PutObjectCommand({ Bucket: 'nobody-made-this', Key: 'a', Body: 'x' });
    expect(await failureOf(aws.s3.send(put))).toEqual({ status: 404, name: 'NoSuchBucket' });
  });
});

contract('secrets', (aws, test) => {
  const name = () => `stack/source/${randomUUID()}`;

  test('gives a value back by name, by ARN and by ARN without its random end', async () => {
    const id = name();
    const { ARN = '' } = await aws.secrets.send(
      new CreateSecretCommand({ Name: id, SecretString: '{"a":1}' }),
    );
    expect(ARN).toMatch(new RegExp(`^arn:aws:secretsmanager:${region}:\\d{12}:secret:${id}-\\w{6}$`));
    for (const SecretId of [id, ARN, ARN.slice(0, -7)]) {
      const value = await aws.secrets.send(new GetSecretValueCommand({ SecretId }));
      expect(value.SecretString).toBe('{"a":1}');
      expect(value.VersionStages).toEqual(['AWSCURRENT']);
    }
  });

  test('keeps the value before under AWSPREVIOUS', async () => {
    const SecretId = name();
    await aws.secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'one' }));
    await aws.secrets.send(new PutSecretValueCommand({ SecretId, SecretString: 'two' }));
    await aws.secrets.send(new UpdateSecretCommand({ SecretId, SecretString: 'three' }));
    const valueAt = async (stage?: string) => {
      const input = stage === undefined ? { SecretId } : { SecretId, VersionStage: stage };
      return (await aws.secrets.send(new GetSecretValueCommand(input))).SecretString;
    };
    expect(await valueAt()).toBe('three');
    expect(await valueAt('AWSPREVIOUS')).toBe('two');
    const { VersionIdsToStages = {} } = await aws.secrets.send(new DescribeSecretCommand({ SecretId }));
    expect(Object.values(VersionIdsToStages).flat().sort()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  test('keeps bytes as they are', async () => {
    const SecretId = name();
    const SecretBinary = Buffer.from([0, 255, 10]);
    await aws.secrets.send(new CreateSecretCommand({ Name: SecretId, SecretBinary }));
    const value = await aws.secrets.send(new GetSecretValueCommand({ SecretId }));
    expect(Buffer.from(value.SecretBinary ?? [])).toEqual(SecretBinary);
  });

  test('tells a secret that is missing, and one without a value', async () => {
    const missing = new GetSecretValueCommand({ SecretId: name() });
    expect((await failureOf(aws.secrets.send(missing))).name).toBe('ResourceNotFoundException');
    const SecretId = name();
    await aws.secrets.send(new CreateSecretCommand({ Name: SecretId }));
    const empty = await failureOf(aws.secrets.send(new GetSecretValueCommand({ SecretId })));
    expect(empty.name).toBe('ResourceNotFoundException');
  });

  test('refuses a name that is taken', async () => {
    const Name = name();
    await aws.secrets.send(new CreateSecretCommand({ Name, SecretString: 'one' }));
    const again = await failureOf(aws.secrets.send(new CreateSecretCommand({ Name, SecretString: 'two' })));
    expect(again.name).toBe('ResourceExistsException');
  });

  test('keeps a deleted secret from readers until it is restored', async () => {
    const SecretId = name();
    await aws.secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: 'one' }));
    await aws.secrets.send(new DeleteSecretCommand({ SecretId }));
    const read = () => aws.secrets.send(new GetSecretValueCommand({ SecretId }));
    expect((await failureOf(read())).name).toBe('InvalidRequestException');
    await aws.secrets.send(new RestoreSecretCommand({ SecretId }));
    expect((await read()).SecretString).toBe('one');
    await aws.secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    expect((await failureOf(read())).name).toBe('ResourceNotFoundException');
  });

  test('lists every secret once, page by page', async () => {
    const names = [name(), name(), name()].sort();
    for (const Name of names) await aws.secrets.send(new CreateSecretCommand({ Name, SecretString: 'x' }));
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const input = NextToken === undefined ? { MaxResults: 2 } : { MaxResults: 2, NextToken };
      const page = await aws.secrets.send(new ListSecretsCommand(input));
      seen.push(...(page.SecretList ?? []).flatMap(({ Name }) => (Name === undefined ? [] : [Name])));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(seen.filter((Name) => names.includes(Name)).sort()).toEqual(names);
  });
});
