import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { startAws } from '../simulators/aws/server.ts';

/** The embedded AWS in a folder of its own, with clients for it. */
export async function startTestAws() {
  const dataDir = await mkdtemp(join(tmpdir(), 'connector-aws-'));
  const aws = await startAws({ dataDir });
  const options = {
    endpoint: aws.url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const clients = {
    s3: new S3Client(options),
    sqs: new SQSClient({ ...options, useQueueUrlAsEndpoint: false }),
    secrets: new SecretsManagerClient(options),
  };
  return {
    ...clients,
    url: aws.url,
    async close() {
      for (const client of Object.values(clients)) client.destroy();
      await aws.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type TestAws = Awaited<ReturnType<typeof startTestAws>>;
