import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, expect, it, vi } from 'vitest';
import { createOperatorAws, type OperatorAws } from '../../../bin/operator/aws-access.ts';
import { selfSigned } from '../../support/self-signed.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0)) close();
});

/** An endpoint for which nobody vouches, and the requests that it got. */
async function listening() {
  const received: string[] = [];
  const server = createServer(selfSigned(), (request, response) => {
    received.push(request.url ?? '');
    response.end('{}');
  });
  // S3 is asked whether it wants a large body before it is sent.
  server.on('checkContinue', (request) => received.push(request.url ?? ''));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closing.push(() => server.close());
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `https://127.0.0.1:${address.port}`, received };
}

const largeBody = Buffer.alloc(3 * 1024 * 1024);

it.each<[string, (aws: OperatorAws) => Promise<unknown>]>([
  ['a secret is read', ({ secrets }) => secrets.send(new GetSecretValueCommand({ SecretId: 's' }))],
  ['an object is read', ({ s3 }) => s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }))],
  ['a part is stored', ({ s3 }) => s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'k', Body: largeBody }))],
  [
    'a message is sent',
    ({ sqs }) => sqs.send(new SendMessageCommand({ QueueUrl: 'https://queue', MessageBody: '{}' })),
  ],
])(
  'takes no certificate that nobody vouches for when %s, even where the environment says to',
  async (_, act) => {
    const { url, received } = await listening();
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    vi.stubEnv('AWS_ENDPOINT_URL', url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const aws = createOperatorAws({ region: 'eu-west-1' });
    closing.push(() => aws.close());
    await expect(act(aws)).rejects.toThrow(/self-signed certificate/);
    expect(received).toEqual([]);
  },
);
