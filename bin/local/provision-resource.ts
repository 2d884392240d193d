import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { z } from 'zod';
import { localAccount, localRegion } from './function-definition.ts';
import type { queueProperties, secretProperties } from './template-schema.ts';

/** Clients of the embedded AWS. */
export interface LocalAws {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly secrets: SecretsManagerClient;
}

/** What CloudFormation gives for a resource. */
export interface Provisioned {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export async function provisionBucket({ s3 }: LocalAws, name: string): Promise<Provisioned> {
  const exists = await isThere(
    () => s3.send(new HeadBucketCommand({ Bucket: name })),
    ['NotFound', 'NoSuchBucket'],
  );
  if (!exists) await s3.send(new CreateBucketCommand({ Bucket: name }));
  return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}` } };
}

export async function provisionQueue(
  { sqs }: LocalAws,
  name: string,
  properties: z.output<typeof queueProperties>,
): Promise<Provisioned> {
  const url = await queueUrl(sqs, name);
  const attributes = Object.fromEntries(
    (['VisibilityTimeout', 'MessageRetentionPeriod', 'DelaySeconds'] as const).flatMap((attribute) => {
      const value = properties[attribute];
      return value === undefined ? [] : [[attribute, String(value)]];
    }),
  );
  // Set apart from the creation: SQS refuses to "create" a queue that exists with other attributes.
  if (Object.keys(attributes).length > 0) {
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes }));
  }
  return {
    ref: url,
    attributes: { Arn: `arn:aws:sqs:${localRegion}:${localAccount}:${name}`, QueueName: name, QueueUrl: url },
  };
}

async function queueUrl(sqs: SQSClient, name: string): Promise<string> {
  const lookUp = async () => (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
  const exists = await isThere(lookUp, ['QueueDoesNotExist']);
  const url = exists
    ? await lookUp()
    : (await sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl;
  if (url === undefined) throw new Error(`the embedded AWS gave no URL for the queue ${name}`);
  return url;
}

export async function setRedrive(
  { sqs }: LocalAws,
  url: string,
  policy: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number },
): Promise<void> {
  const Attributes = { RedrivePolicy: JSON.stringify(policy) };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }));
}

/** @param text the secret's initial value, where the template has one. */
export async function provisionSecret(
  { secrets }: LocalAws,
  name: string,
  text: string | undefined,
  properties: z.output<typeof secretProperties>,
): Promise<Provisioned> {
  const find = () => secrets.send(new DescribeSecretCommand({ SecretId: name }));
  if (!(await isThere(find, ['ResourceNotFoundException']))) {
    const value = text ?? generated(properties.GenerateSecretString);
    await secrets.send(new CreateSecretCommand({ Name: name, SecretString: value }));
  }
  const { ARN: arn } = await find();
  if (arn === undefined) throw new Error(`the embedded AWS gave no ARN for the secret ${name}`);
  return { ref: arn, attributes: { Id: arn } };
}

/** Fills a secret, and makes it where the configuration names one that the stack does not create. */
export async function fillSecret(
  { secrets }: LocalAws,
  name: string,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const SecretString = JSON.stringify(fields);
  const find = () => secrets.send(new DescribeSecretCommand({ SecretId: name }));
  if (await isThere(find, ['ResourceNotFoundException'])) {
    await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
  } else {
    await secrets.send(new CreateSecretCommand({ Name: name, SecretString }));
  }
}

/** Makes a secret that the configuration names; one that exists keeps its value, so that hashes still join. */
export async function ensureKeySecret({ secrets }: LocalAws, name: string): Promise<void> {
  const find = () => secrets.send(new DescribeSecretCommand({ SecretId: name }));
  if (await isThere(find, ['ResourceNotFoundException'])) return;
  const SecretString = JSON.stringify({ key: randomBytes(32).toString('hex') });
  await secrets.send(new CreateSecretCommand({ Name: name, SecretString }));
}

type GeneratedSecret = NonNullable<z.output<typeof secretProperties>['GenerateSecretString']>;

function generated(settings: GeneratedSecret | undefined): string {
  const length = settings?.PasswordLength ?? 32;
  const password = randomBytes(length).toString('hex').slice(0, length);
  if (settings?.GenerateStringKey === undefined) return password;
  const template: unknown = JSON.parse(settings.SecretStringTemplate ?? '{}');
  return JSON.stringify({ ...Object(template), [settings.GenerateStringKey]: password });
}

/** Whether a look-up finds its thing. @throws any error but those named, which mean that there is none. */
async function isThere(lookUp: () => Promise<unknown>, notFound: readonly string[]): Promise<boolean> {
  try {
    await lookUp();
    return true;
  } catch (error) {
    if (error instanceof Error && notFound.includes(error.name)) return false;
    throw error;
  }
}
