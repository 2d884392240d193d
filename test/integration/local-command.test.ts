import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { ListQueuesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAws } from '../simulators/aws/server.ts';
import {
  deliveredRows,
  expectDelivered,
  expectedRows,
  runLocalCommand,
  startLocal,
} from '../support/local-command.ts';
import { settledDay } from '../support/settled-day.ts';

await settledDay();

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'connector-local-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const datesOf = (windows: readonly { readonly date: string }[]) => windows.map((window) => window.date);
const statesOf = (windows: readonly { readonly state: string }[]) => windows.map((window) => window.state);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('connector local', () => {
  it('delivers every event once with its true time, and nothing more when it is called again', {
    timeout: 120_000,
  }, async () => {
    const args = ['--days', '2', '--events', '300', '--duplicates', '0.1', '--data', dir];
    const beganMs = Date.now();
    const first = await runLocalCommand(args);
    expect(first.status).toBe(0);
    expect(statesOf(first.result.windows)).toEqual(['delivered', 'delivered']);
    const rows = deliveredRows(first.result.dataset);
    const options = { seed: 1, eventsPerDay: 300, duplicates: 0.1 };
    await expectDelivered(rows, datesOf(first.result.windows), options, beganMs);
    for (const window of first.result.windows) {
      expect(window.received).toBe(window.duplicates + window.filtered + window.rejected + window.accepted);
      expect(window.duplicates).toBeGreaterThan(0);
      expect(first.said).toMatch(
        new RegExp(`^${window.date}  delivered +${window.received} .* ${window.batchId} +[\\d.]+$`, 'm'),
      );
    }

    const [window] = first.result.windows;
    const raw = join(first.result.archive, 'raw', 'source=demo', `date=${window?.date}`);
    const run = join(raw, readdirSync(raw)[0] ?? '');
    expect(readdirSync(run)).toEqual(expect.arrayContaining(['manifest.json', 'part-00000.ndjson.gz']));
    const lines = gunzipSync(readFileSync(join(run, 'part-00000.ndjson.gz')))
      .toString()
      .split('\n');
    expect(lines.filter((line) => line !== '')).toHaveLength(window?.received ?? 0);

    const second = await runLocalCommand(['--data', dir]);
    expect(second.status).toBe(0);
    expect(statesOf(second.result.windows)).toEqual(['unchanged', 'unchanged']);
    expect(second.result.windows.map((one) => one.batchId)).toEqual(
      first.result.windows.map((one) => one.batchId),
    );
    expect(deliveredRows(second.result.dataset)).toEqual(rows);
  });

  it('corrects the times of a project that stores them in its own zone', { timeout: 60_000 }, async () => {
    const args = ['--days', '1', '--events', '300', '--timezone', 'US/Pacific', '--legacy', '--data', dir];
    const { status, result } = await runLocalCommand(args);
    expect(status).toBe(0);
    const projects = [{ projectId: 2195193, timezone: 'US/Pacific', legacy: true }];
    const expected = await expectedRows(datesOf(result.windows), { seed: 1, eventsPerDay: 300, projects });
    expect(deliveredRows(result.dataset)).toEqual(expected);
  });

  it('delivers every event once on a bad day', { timeout: 240_000 }, async () => {
    const args = ['--days', '1', '--events', '200', '--faults', '--seed', '5', '--data', dir];
    const { status, result } = await runLocalCommand(args);
    expect(status).toBe(0);
    const expected = await expectedRows(datesOf(result.windows), { seed: 5, eventsPerDay: 200 });
    expect(deliveredRows(result.dataset)).toEqual(expected);
  });

  it('puts messages that mean nothing aside with their reason, and finishes the windows beside them', {
    timeout: 60_000,
  }, async () => {
    const port = await freePort();
    const command = startLocal(['--days', '1', '--events', '200', '--aws-port', String(port), '--data', dir]);
    await command.until(/Starting/);
    const queues = await queuesOf(port);
    await queues.send('Window', 'no JSON at all');
    await queues.send('Window', '{"date":"2026-13-01"}');
    const { status, said, stdout } = await command.ended;
    expect(status).toBe(0);
    expect(statesOf(JSON.parse(stdout).windows)).toEqual(['delivered']);
    expect(said).toContain('Messages in dead-letter queues: 2');

    const aws = await startAws({ dataDir: join(dir, 'aws') });
    const after = await queuesOf(aws.port);
    const letters = await after.receiveAll('WindowQueueDeadLetters');
    expect(letters.map((letter) => letter.body).sort()).toEqual(['no JSON at all', '{"date":"2026-13-01"}']);
    for (const letter of letters) expect(letter.reason).toContain('reading a window message');
    await aws.close();
  });

  it('names the port that is in use', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const address = blocker.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { status, said, stdout } = await startLocal(['--platform-port', port, '--data', dir]).ended;
    blocker.close();
    expect(status).toBe(2);
    expect(said).toContain(`port ${port} is in use`);
    expect(said).not.toContain('    at ');
    expect(stdout).toBe('');
  });
});

/** The queues of an embedded AWS, by what their names contain; waits until there are any. */
async function queuesOf(port: number) {
  const sqs = new SQSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    useQueueUrlAsEndpoint: false,
  });
  const list = async () =>
    (await sqs.send(new ListQueuesCommand({})).catch(() => undefined))?.QueueUrls ?? [];
  const find = async (name: string) => {
    for (let tries = 0; tries < 600; tries += 1) {
      const url = (await list()).find((one) => new RegExp(`${name}Queue[0-9A-F]{8}$`).test(one));
      if (url !== undefined) return url;
      await sleep(50);
    }
    throw new Error(`no queue named ${name} after half a minute`);
  };
  return {
    async send(name: string, body: string) {
      await sqs.send(new SendMessageCommand({ QueueUrl: await find(name), MessageBody: body }));
    },
    async receiveAll(name: string) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: await find(name),
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      return Messages.map((message) => ({
        body: message.Body ?? '',
        reason: message.MessageAttributes?.reason?.StringValue,
      }));
    },
  };
}

describe('connector local --streaming', () => {
  it('delivers every event through the inlet, without a batch', { timeout: 120_000 }, async () => {
    const beganMs = Date.now();
    const { status, result, said } = await runLocalCommand([
      ...['--streaming', '--days', '1', '--events', '3000', '--data', dir],
    ]);
    expect(status, said).toBe(0);
    const [window] = result.windows;
    const rows = deliveredRows(result.dataset);
    expect(window).toMatchObject({ state: 'delivered', accepted: rows.length, batchId: null });
    await expectDelivered(rows, [window?.date ?? ''], { seed: 1, eventsPerDay: 3000 }, beganMs);
  });
});
