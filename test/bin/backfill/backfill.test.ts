import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runBackfill } from '../../../bin/backfill/run-backfill.ts';
import { createBackfillStore } from '../../../functions/shared/backfill-store.ts';
import { parseWindowMessage } from '../../../functions/shared/messages.ts';
import { ledgerKey, manifestKey } from '../../../functions/shared/object-keys.ts';
import { newestSettledWindow } from '../../../functions/shared/window.ts';
import { aLedger } from '../../support/ledgers.ts';
import { type OperatorWorld, startOperatorWorld } from '../../support/operator-world.ts';
import { recordOutput } from '../../support/recorded-output.ts';

let world: OperatorWorld;
beforeEach(async () => {
  world = await startOperatorWorld();
});
afterEach(() => world.close());

async function backfill(options: Readonly<Record<string, unknown>>) {
  const recorded = recordOutput();
  const code = await runBackfill({ data: world.dir, ...options }, recorded.output);
  return { code, ...recorded };
}

const range = { from: '2025-01-01', to: '2025-01-31' };

async function received() {
  const { Messages = [] } = await world.aws.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: world.outputs.ShopWindowQueueUrl,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

describe('connector backfill FROM TO', () => {
  it('sends one message for the range, and its record can be seen at once', async () => {
    const { json } = await backfill({ ...range, reload: true, reason: 'new mapping', json: true });
    const [message, ...others] = await received();
    expect(others).toEqual([]);
    expect(parseWindowMessage(message?.Body ?? '')).toEqual({
      ...range,
      reload: true,
      reason: 'new mapping',
    });
    const request = message?.MessageAttributes?.request?.StringValue;
    expect(json()).toMatchObject({
      backfill: { request, ...range, state: 'running', next: range.from, done: 0 },
    });
    expect((await backfill({})).text()).toContain(
      `2025-01-01 … 2025-01-31 (reload) [--------------------] 0 of 31, running`,
    );
  });

  it('asks for nothing with --dry-run, and says what it would come to', async () => {
    const { text } = await backfill({ ...range, dryRun: true });
    expect(text()).toContain('Windows  31\nQueries  31\nTime     42 min at the earliest (44 windows an hour');
    expect(text()).toContain('Volume   not known yet');
    expect(await received()).toEqual([]);
    expect((await backfill({})).text()).toBe('No backfill was ever asked for.\n');
  });

  it('reckons with the windows of the last weeks, and shows the arithmetic', async () => {
    const date = newestSettledWindow(Date.now(), 'UTC');
    const run = { source: 'shop', date, run: '20260309T033000123Z-1f2e3d4c' };
    const part = {
      key: 'p',
      records: 1000,
      bytes: 2_000_000_000,
      gzipBytes: 300_000_000,
      sha256: '0'.repeat(64),
    };
    const at = { startedAt: '2026-03-09T03:30:00.000Z', completedAt: '2026-03-09T03:31:00.000Z' };
    const manifest = {
      ...{ version: 1, ...run, ...at, requests: 1, parts: [part], records: 1000, duplicates: 0 },
      ...{ bytes: part.bytes, contentHash: '0'.repeat(64), timestamps: 'utc', timezone: 'UTC' },
    };
    await world.store.put(manifestKey(run), JSON.stringify(manifest));
    await world.store.put(ledgerKey(run), JSON.stringify(aLedger(date)));
    const { json } = await backfill({ ...range, dryRun: true, json: true });
    const lineSchema = z.looseObject({ quantity: z.number(), price: z.number(), usd: z.number() });
    const plan = z
      .looseObject({ volume: z.looseObject({ usd: z.number(), lines: z.array(lineSchema) }) })
      .parse(json());
    expect(plan).toMatchObject({ queries: 31, batches: 31, volume: { gb: 62, archiveGb: 9.3 } });
    for (const line of plan.volume.lines) expect(line.usd).toBeCloseTo(line.quantity * line.price, 9);
    expect(plan.volume.usd).toBeCloseTo(
      plan.volume.lines.reduce((sum, { usd }) => sum + usd, 0),
      9,
    );
    expect(plan.volume.lines).toContainEqual(
      expect.objectContaining({ item: 'Data out to Platform', quantity: 93, unit: 'GB' }),
    );
  });

  it('reckons with what the daily batch budget leaves to backfill', async () => {
    const { text } = await backfill({ from: '2025-01-01', to: '2025-12-31', dryRun: true });
    // 60 a day, less the six windows of the daily schedule.
    expect(text()).toContain(
      'Batches  365 at most; platform.dailyBatchBudget leaves 54 a day to backfill: 7 days at that pace',
    );
  });

  it('spends neither query nor export on a reload', async () => {
    const given = {
      ...range,
      reload: true,
      dryRun: true,
      eventsPerDay: '1000',
      eventBytes: '1000',
      json: true,
    };
    const { json } = await backfill(given);
    expect(json()).toMatchObject({ queries: 0, hours: null, volume: { archiveGb: 0 } });
    expect(JSON.stringify(json())).not.toContain('Lambda, export');
  });

  it.each([
    [{ from: '2025-02-01', to: '2025-01-01' }, '<from>: found "2025-02-01"; must not be after 2025-01-01'],
    [{ from: '2025-02-01' }, '<to>: found nothing; must be the last day of the range'],
    [{ ...range, pause: true }, '--pause: found true; takes no range'],
    [{ pause: true, cancel: 'x' }, '--cancel: found "x"; contradicts --pause'],
    [{ dryRun: true }, '--dry-run: found true; needs a range'],
    [
      { ...range, eventBytes: '0' },
      '--event-bytes: found "0"; must be bytes of an event, a positive whole number',
    ],
  ])('refuses %j', async (options, problem) => {
    await expect(backfill(options)).rejects.toThrow(problem);
    expect(await received()).toEqual([]);
  });
});

describe('a backfill under way', () => {
  const records = () => createBackfillStore(world.store, Date.now);
  const begin = (request: string) => records().begin({ source: 'shop', request }, range);
  const stateOf = async (request: string) =>
    (await records().list('shop')).find((one) => one.request === request)?.state;

  it('is paused, resumed and cancelled without its id while it is the only one', async () => {
    await begin('one-1111');
    await backfill({ pause: true });
    expect(await stateOf('one-1111')).toBe('paused');
    await backfill({ resume: true });
    expect(await stateOf('one-1111')).toBe('running');
    const { json } = await backfill({ cancel: true, json: true });
    expect(json()).toMatchObject({ backfill: { request: 'one-1111', state: 'cancelled', endsAt: null } });
  });

  it('is named by the beginning of its id where there are several', async () => {
    await begin('one-1111');
    await begin('two-2222');
    await expect(backfill({ pause: true })).rejects.toThrow(
      /--pause: found no id; must be one of (one-1111, two-2222|two-2222, one-1111)/,
    );
    await backfill({ pause: 'two' });
    expect([await stateOf('one-1111'), await stateOf('two-2222')]).toEqual(['running', 'paused']);
    await expect(backfill({ pause: 'noe-1111' })).rejects.toThrow('did you mean one-1111?');
  });

  it('can not be changed once it has ended', async () => {
    await begin('one-1111');
    await backfill({ cancel: 'one-1111' });
    await expect(backfill({ resume: 'one-1111' })).rejects.toThrow(
      'backfill one-1111 is cancelled; ask for what is left by a new one',
    );
    await expect(backfill({ resume: true })).rejects.toThrow('found no id; no backfill is under way');
  });
});
