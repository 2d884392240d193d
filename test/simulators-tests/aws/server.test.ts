import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Aws, awsAt, failureOf } from '../../integration/aws-backends.ts';
import { type RunningAws, startAws } from '../../simulators/aws/server.ts';
import { clientsOf } from '../../support/aws-clients.ts';

let dataDir: string;
let server: RunningAws;
let aws: Aws;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'aws-server-'));
  server = await startAws({ dataDir });
  aws = awsAt(server.url);
});
afterAll(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true });
});

const authorization =
  'AWS4-HMAC-SHA256 Credential=test/20260308/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0';

const call = (path: string, init: RequestInit = {}, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, { ...init, headers: { authorization, ...headers } });
const callJson = (target: string, body: object) =>
  call('/', { method: 'POST', body: JSON.stringify(body) }, { 'x-amz-target': target });

describe('the embedded AWS on the wire', () => {
  it('refuses what is not signed, in each protocol', async () => {
    const s3 = await fetch(`${server.url}/bucket/key`);
    expect([s3.status, await s3.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
    for (const target of ['AmazonSQS.ListQueues', 'secretsmanager.ListSecrets']) {
      const answer = await fetch(server.url, {
        method: 'POST',
        headers: { 'x-amz-target': target },
        body: '{}',
      });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({
        __type: expect.stringContaining('MissingAuthenticationToken'),
      });
    }
  });

  it.each([
    ['GET', '/bucket?acl'],
    ['PUT', '/bucket?versioning'],
    ['GET', '/bucket'],
    ['PUT', '/bucket/key?tagging'],
    ['GET', '/bucket/key?versionId=1'],
    ['POST', '/bucket/key?select&select-type=2'],
  ])('answers 501 to %s %s', async (method, path) => {
    const answer = await call(path, { method });
    expect([answer.status, await answer.text()]).toEqual([
      501,
      expect.stringContaining('<Code>NotImplemented</Code>'),
    ]);
  });

  it.each([
    ['AmazonSQS.AddPermission', {}],
    ['AmazonSQS.CreateQueue', { QueueName: 'a', tags: { b: 'c' } }],
    ['secretsmanager.RotateSecret', { SecretId: 'a' }],
    ['AmazonSQS.toString', {}],
  ])('answers 501 to %s with %j', async (target, body) => {
    const answer = await callJson(target, body);
    expect(answer.status).toBe(501);
    expect(await answer.json()).toMatchObject({ __type: expect.stringContaining('NotImplemented') });
  });

  it('refuses a header that asks for more than it does', async () => {
    const Bucket = await aws.bucket();
    const answer = await call(`/${Bucket}/key`, { method: 'PUT', body: 'x' }, { 'x-amz-tagging': 'a=b' });
    expect(answer.status).toBe(501);
  });

  it('spells an error for readers of the older protocol too', async () => {
    const answer = await callJson('AmazonSQS.ReceiveMessage', {
      QueueUrl: `${server.url}/000000000000/none`,
    });
    expect(answer.headers.get('x-amzn-query-error')).toBe('AWS.SimpleQueueService.NonExistentQueue;Sender');
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.0');
    expect(await answer.json()).toMatchObject({ __type: 'com.amazonaws.sqs#QueueDoesNotExist' });
  });

  it('keeps regions apart', async () => {
    const url = await aws.queue();
    const elsewhere = authorization.replace('eu-west-1', 'us-east-1');
    const answer = await call(
      '/',
      { method: 'POST', body: JSON.stringify({ QueueUrl: url }) },
      { authorization: elsewhere, 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
    );
    expect(answer.status).toBe(400);
  });

  it('finds a queue by a URL of an earlier port', async () => {
    const url = new URL(await aws.queue());
    url.port = '1';
    await aws.sqs.send(new SendMessageCommand({ QueueUrl: url.href, MessageBody: 'x' }));
  });

  it('gives no message to a reader who went away while waiting', async () => {
    const QueueUrl = await aws.queue();
    const body = JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 });
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const head = `POST / HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\nx-amz-target: AmazonSQS.ReceiveMessage`;
    socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await sleep(100);
    socket.destroy();
    await sleep(50);
    await aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    const input = { QueueUrl, MessageSystemAttributeNames: ['All' as const] };
    const { Messages } = await aws.sqs.send(new ReceiveMessageCommand(input));
    expect(Messages).toMatchObject([{ Attributes: { ApproximateReceiveCount: '1' } }]);
  });

  it('leaves nothing of an upload that was cut', async () => {
    const Bucket = await aws.bucket();
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      `PUT /${Bucket}/cut HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\ncontent-length: 100\r\n\r\nhalf`,
    );
    await sleep(50);
    socket.destroy();
    await sleep(50);
    const get = aws.s3.send(new GetObjectCommand({ Bucket, Key: 'cut' }));
    expect((await failureOf(get)).name).toBe('NoSuchKey');
  });

  it('says which port is in use', async () => {
    const other = mkdtempSync(join(tmpdir(), 'aws-server-'));
    await expect(startAws({ dataDir: other, port: server.port })).rejects.toThrow(
      `port ${server.port} is in use`,
    );
    rmSync(other, { recursive: true });
  });

  it('ends a waiting receive when it closes', async () => {
    const other = mkdtempSync(join(tmpdir(), 'aws-server-'));
    const second = await startAws({ dataDir: other });
    const client = awsAt(second.url);
    const QueueUrl = await client.queue();
    const waiting = client.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    await sleep(100);
    await second.close();
    expect((await waiting).Messages).toBeUndefined();
    rmSync(other, { recursive: true });
  });
});

describe('faults', () => {
  const set = async (fault: object) => {
    const answer = await fetch(`${server.url}/_sim/faults`, { method: 'POST', body: JSON.stringify(fault) });
    return answer.status;
  };
  const put = (Bucket: string, Key: string) => {
    const { s3 } = clientsOf(server.url, { maxAttempts: 1 });
    return s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x'.repeat(1000) }));
  };
  const exists = async (Bucket: string, Key: string) =>
    (await call(`/${Bucket}/${Key}`, { method: 'HEAD' })).status === 200;

  it('strike before the act, the wanted key only, and as often as wanted', async () => {
    const Bucket = await aws.bucket();
    const fault = { service: 's3', operation: 'PutObject', match: 'manifest', times: 2, kind: '503' };
    expect(await set({ ...fault, when: 'before' })).toBe(200);
    await put(Bucket, 'part');
    for (let time = 0; time < 2; time++) expect((await failureOf(put(Bucket, 'manifest'))).status).toBe(503);
    expect(await exists(Bucket, 'manifest')).toBe(false);
    await put(Bucket, 'manifest');
  });

  it('strike after the act, so that only the answer is lost', async () => {
    const Bucket = await aws.bucket();
    await set({ service: 's3', operation: 'PutObject', when: 'after', kind: 'reset' });
    await expect(put(Bucket, 'key')).rejects.toThrow();
    expect(await exists(Bucket, 'key')).toBe(true);
  });

  it('cut a body in its middle', async () => {
    const Bucket = await aws.bucket();
    await put(Bucket, 'key');
    await set({ service: 's3', operation: 'GetObject', when: 'after', kind: 'reset' });
    await expect(call(`/${Bucket}/key`).then((answer) => answer.text())).rejects.toThrow();
    expect((await (await call(`/${Bucket}/key`)).text()).length).toBe(1000);
  });

  it('strike after a number of calls that pass', async () => {
    const QueueUrl = await aws.queue();
    await set({ service: 'sqs', operation: 'SendMessage', match: QueueUrl, skip: 1, kind: '500' });
    const { sqs } = clientsOf(server.url, { maxAttempts: 1 });
    const send = () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    await send();
    expect((await failureOf(send())).status).toBe(500);
  });

  it('are refused when they are not understood, and counted when they strike', async () => {
    expect(await set({ service: 's3', kind: 'flood' })).toBe(400);
    const stats: unknown = await (await fetch(`${server.url}/_sim/stats`)).json();
    expect(stats).toMatchObject({
      calls: { 's3.PutObject': expect.any(Number) },
      faults: { 's3.PutObject': 3, 's3.GetObject': 1 },
    });
  });
});
