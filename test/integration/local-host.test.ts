import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import { type BenchOptions, type HostBench, openHostBench } from '../support/lambda-host.ts';

let bench: HostBench | undefined;
afterEach(async () => bench?.close());

async function open(options: Partial<BenchOptions> = {}): Promise<HostBench> {
  bench = await openHostBench({ visibilitySeconds: 1, maxReceiveCount: 5, ...options });
  return bench;
}

const begun = ({ lines }: HostBench, what: string) =>
  lines.filter((line) => line.did === 'begin' && line.body?.do === what);
const failures = ({ lines }: HostBench) => lines.filter((line) => line.message === 'Host:Invocation:Failed');
/** What Lambda would have counted so far. */
const counted = ({ lines }: HostBench) => {
  const sum = (name: 'Invocations' | 'Errors' | 'Throttles') =>
    lines.reduce((total, line) => total + (line[name] ?? 0), 0);
  return { invocations: sum('Invocations'), errors: sum('Errors'), throttles: sum('Throttles') };
};

describe('the local Lambda host, with a queue', () => {
  it('deletes the messages that are done and leaves those that the function reports as failed', async () => {
    const b = await open({ maxReceiveCount: 2 });
    await b.send({ do: 'ok', n: 1 }, { do: 'fail' }, { do: 'ok', n: 2 });
    await b.host().start();
    await b.until('the failed message is a dead letter', async () => (await b.depth(b.deadLetterUrl)) === 1);
    expect(await b.depth(b.queueUrl)).toBe(0);
    expect(begun(b, 'ok')).toHaveLength(2);
    expect(begun(b, 'fail').map((line) => line.receiveCount)).toEqual([1, 2]);
    // To Lambda, a function that reports failed messages has done well.
    expect(counted(b)).toMatchObject({ errors: 0, throttles: 0 });
  });

  it('hands a message out again when the function throws, to the same process', async () => {
    const b = await open({ maxReceiveCount: 2 });
    await b.send({ do: 'throw' });
    await b.host().start();
    await b.until('it is a dead letter', async () => (await b.depth(b.deadLetterUrl)) === 1);
    const tries = begun(b, 'throw');
    expect(tries.map((line) => line.receiveCount)).toEqual([1, 2]);
    expect(new Set(tries.map((line) => line.pid)).size).toBe(1);
    expect(failures(b)[0]).toMatchObject({ failure: 'threw', error: 'TypeError: thrown on purpose' });
    expect(counted(b)).toEqual({ invocations: 2, errors: 2, throttles: 0 });
  });

  it('hands a message out again when the process crashes, to a new one', async () => {
    const b = await open({ maxReceiveCount: 2 });
    await b.send({ do: 'exit' });
    await b.host().start();
    await b.until('it is a dead letter', async () => (await b.depth(b.deadLetterUrl)) === 1);
    expect(new Set(begun(b, 'exit').map((line) => line.pid)).size).toBe(2);
    expect(failures(b)[0]).toMatchObject({ failure: 'crashed', error: 'ended with exit code 3' });
    expect(counted(b)).toEqual({ invocations: 2, errors: 2, throttles: 0 });
  });

  it('takes all messages of a batch for failed when the response names a message that is not in it', async () => {
    const b = await open({ maxReceiveCount: 1 });
    await b.send({ do: 'ok' });
    // The handler's answer to an event without records names no failures list that Lambda would know.
    await b.host({ definition: { handler: 'wrong-answer.handler' } }).start();
    await b.until('it is a dead letter', async () => (await b.depth(b.deadLetterUrl)) === 1);
  });

  it('runs as many invocations side by side as the mapping allows, and no more', async () => {
    const b = await open({ visibilitySeconds: 60 });
    await b.send(...Array.from({ length: 6 }, (_, n) => ({ do: 'sleep', ms: 200, n })));
    await b.host({ mapping: { batchSize: 1, maxConcurrency: 2 } }).start();
    await b.until('all have ended', () => b.lines.filter((line) => line.did === 'end').length === 6);
    let running = 0;
    let most = 0;
    for (const { did } of b.lines) {
      running += did === 'begin' ? 1 : did === 'end' ? -1 : 0;
      most = Math.max(most, running);
    }
    expect(most).toBe(2);
    expect(new Set(begun(b, 'sleep').map((line) => line.pid)).size).toBe(2);
  });

  it('ends a function that takes longer than its timeout, even one that never yields', async () => {
    const b = await open({ maxReceiveCount: 1 });
    await b.send({ do: 'spin' });
    await b.host({ definition: { timeoutMs: 500 } }).start();
    await b.until('it is a dead letter', async () => (await b.depth(b.deadLetterUrl)) === 1);
    expect(failures(b)).toMatchObject([{ failure: 'timed out', error: 'did not answer within 0.5 s' }]);
    expect(counted(b)).toEqual({ invocations: 1, errors: 1, throttles: 0 });
  });

  it('ends a function that uses more memory than the template gives it, and knows how much it used', async () => {
    const b = await open({ maxReceiveCount: 1 });
    await b.send({ do: 'hoard' });
    const host = b.host({ definition: { memoryMb: 160 } });
    await host.start();
    await b.until('it is a dead letter', async () => (await b.depth(b.deadLetterUrl)) === 1);
    expect(failures(b)[0]?.failure).toBe('out of memory');
    expect(failures(b)[0]?.error).toMatch(/^used \d+ MB of the 160 MB that the template gives it$/);
    expect(host.peakMemory()[0]?.bytes).toBeGreaterThan(160 * 1024 * 1024);
  });

  it('gives a function its own variables and what Lambda adds, and nothing of the user', async () => {
    process.env.SOMETHING_OF_THE_USER = 'private';
    const b = await open();
    await b.send({ do: 'variables' });
    await b.host().start();
    await b.until('they are shown', () => b.lines.some((line) => line.did === 'variables'));
    delete process.env.SOMETHING_OF_THE_USER;
    const variables = b.lines.find((line) => line.did === 'variables')?.variables ?? {};
    expect(variables).toMatchObject({
      GREETING: 'hello',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: b.aws.url,
      AWS_LAMBDA_FUNCTION_NAME: 'fixture',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
      _HANDLER: 'index.handler',
    });
    expect(variables).not.toHaveProperty('SOMETHING_OF_THE_USER');
    expect(variables).not.toHaveProperty('HOME');
  });

  it('keeps what a function prints in a log file of its own', async () => {
    const b = await open();
    await b.send({ do: 'ok' });
    await b.host().start();
    await b.until('it is done', () => b.lines.some((line) => line.did === 'end'));
    expect(readFileSync(join(b.dataDir, 'logs', 'fixture.log'), 'utf8')).toContain('"did":"begin"');
  });

  it('invokes a function directly', async () => {
    const b = await open();
    expect(await b.host().invoke('Fixture', { hello: 1 })).toMatchObject({
      echo: { hello: 1 },
      context: { functionName: 'fixture', memoryLimitInMB: '256' },
    });
  });

  it('gives an event up after three failures, and keeps it with the last one', async () => {
    const b = await open();
    const host = b.host({ definition: { handler: 'absent.handler', deadLetterQueueUrl: b.deadLetterUrl } });
    await expect(host.invoke('Fixture', { hello: 1 })).rejects.toThrow('could not start: there is no absent');
    expect(counted(b)).toEqual({ invocations: 3, errors: 3, throttles: 0 });
    const { Messages } = await b.aws.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: b.deadLetterUrl, MessageAttributeNames: ['All'] }),
    );
    expect(Messages).toMatchObject([
      {
        Body: '{"hello":1}',
        MessageAttributes: {
          ErrorMessage: { StringValue: expect.stringContaining('there is no absent.mjs') },
        },
      },
    ]);
  });
});

describe('the local Lambda host, where no more functions may run', () => {
  it('refuses a start, and tries it again until there is room', async () => {
    const b = await open({ visibilitySeconds: 60 });
    await b.send({ do: 'sleep', ms: 300, n: 1 }, { do: 'sleep', ms: 300, n: 2 });
    await b.host({ mapping: { batchSize: 1, maxConcurrency: 2 }, limits: { concurrency: 1 } }).start();
    await b.until('both have ended', () => b.lines.filter((line) => line.did === 'end').length === 2);
    const steps = b.lines.flatMap(({ did }) => did ?? []);
    expect(steps).toEqual(['begin', 'end', 'begin', 'end']);
    expect(begun(b, 'sleep').map((line) => line.receiveCount)).toEqual([1, 1]);
    await b.until('both are counted', () => counted(b).invocations === 2);
    expect(counted(b).errors).toBe(0);
    expect(counted(b).throttles).toBeGreaterThan(0);
  });

  it('leaves a message alone once it is visible again', async () => {
    const b = await open({ maxReceiveCount: 1 });
    await b.send({ do: 'ok' });
    await b.host({ limits: { concurrency: 0 } }).start();
    await b.until('it is a dead letter', async () => (await b.depth(b.deadLetterUrl)) === 1);
    expect(counted(b)).toMatchObject({ invocations: 0, errors: 0 });
    expect(begun(b, 'ok')).toEqual([]);
  });

  it('keeps what was refused for the next host', async () => {
    const b = await open({ visibilitySeconds: 3600 });
    const host = b.host({ limits: { concurrency: 0 } });
    await b.send({ do: 'ok' });
    await host.start();
    await b.until('it is refused', () => counted(b).throttles > 0);
    await host.stop(10_000);
    await b.host().start();
    await b.until('it is done', () => begun(b, 'ok').length === 1);
    expect(begun(b, 'ok')[0]?.receiveCount).toBe(2);
  });
});

describe('the local Lambda host, when it ends', () => {
  it('lets a running invocation end within the grace it is given', async () => {
    const b = await open({ visibilitySeconds: 60 });
    const host = b.host();
    await b.send({ do: 'sleep', ms: 500 });
    await host.start();
    await b.until('it runs', () => begun(b, 'sleep').length === 1);
    await host.stop(10_000);
    expect(b.lines.some((line) => line.did === 'end')).toBe(true);
    expect(await b.depth(b.queueUrl)).toBe(0);
  });

  it('ends an invocation that outlasts the grace, and the next host hands its message out at once', async () => {
    const b = await open({ visibilitySeconds: 3600 });
    const host = b.host();
    await b.send({ do: 'sleep', ms: 60_000 });
    await host.start();
    await b.until('it runs', () => begun(b, 'sleep').length === 1);
    await host.stop(100);
    expect(await b.depth(b.queueUrl)).toBe(1);
    expect(counted(b)).toEqual({ invocations: 0, errors: 0, throttles: 0 });
    await b.host().start();
    await b.until('it runs again', () => begun(b, 'sleep').length === 2);
    expect(begun(b, 'sleep')[1]?.receiveCount).toBe(2);
  });
});
