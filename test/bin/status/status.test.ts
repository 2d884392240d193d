import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createPaint } from '../../../bin/operator/paint.ts';
import { runStatus } from '../../../bin/status/run-status.ts';
import { beginBackfill } from '../../../functions/shared/backfill.ts';
import { readWindows } from '../../../functions/shared/known-windows.ts';
import type { Ledger } from '../../../functions/shared/ledger.ts';
import {
  backfillKey,
  deliveryBudgetKey,
  ledgerKey,
  queryBudgetKey,
  rejectedKey,
} from '../../../functions/shared/object-keys.ts';
import { newestSettledWindow, previousWindow } from '../../../functions/shared/window.ts';
import { createStoredDigests } from '../../../functions/shared/window-digests.ts';
import { aDelivery, aLedger } from '../../support/ledgers.ts';
import { type OperatorWorld, startOperatorWorld } from '../../support/operator-world.ts';
import { recordOutput } from '../../support/recorded-output.ts';

let world: OperatorWorld;
beforeEach(async () => {
  world = await startOperatorWorld([{ id: 'shop', schedule: { lookbackDays: 1, at: '00:00' } }]);
});
afterEach(async () => {
  await world.close();
});

const put = (ledger: Ledger) => world.store.put(ledgerKey(ledger), JSON.stringify(ledger));
const never = new AbortController().signal;

async function status(options: Readonly<Record<string, unknown>> = {}) {
  const recorded = recordOutput();
  const code = await runStatus({ data: world.dir, ...options }, recorded.output, never);
  return { code, ...recorded };
}

/** The two newest windows that have ended, and one long ago. */
function windows() {
  const newest = newestSettledWindow(Date.now(), 'UTC');
  return { newest, before: previousWindow(newest), old: '2020-01-01' };
}

async function calls(): Promise<{ read: number; written: number }> {
  const answer: unknown = await (await fetch(`${world.awsUrl}/_sim/stats`)).json();
  const { calls } = z.object({ calls: z.record(z.string(), z.number()) }).parse(answer);
  return { read: calls['s3.GetObject'] ?? 0, written: calls['s3.PutObject'] ?? 0 };
}

describe('connector status --json', () => {
  it('has the keys of the public interface, the windows sorted by date', async () => {
    const { newest, before, old } = windows();
    await put(aLedger(newest));
    await put(aLedger(old, { state: 'empty', deliveries: [], activeBatch: null }));
    await put(aLedger(before, { state: 'exporting' }));
    const { code, json } = await status({ json: true });
    expect(code).toBe(0);
    const numbers = { received: 100, duplicates: 4, filtered: 3, rejected: 2, accepted: 91 };
    const nothing = { received: 0, duplicates: 0, filtered: 0, rejected: 0, accepted: 0 };
    const batch = { batchId: '01M8CHMQ3Y96P5RVTQ2480RTFK', completedAt: '2026-03-09T03:35:00.000Z' };
    expect(json()).toEqual({
      planDeadLetters: 0,
      sources: [
        {
          id: 'shop',
          windows: [
            { date: old, state: 'empty', ...nothing, batchId: null, completedAt: '2026-03-09T03:35:00.000Z' },
            { date: before, state: 'exporting', ...numbers, ...batch },
            { date: newest, state: 'delivered', ...numbers, ...batch },
          ],
          deadLetters: 0,
          running: 1,
          details: expect.anything(),
        },
      ],
    });
  });

  it('tells of backfills with their estimated end, and of the budget that is left', async () => {
    const ref = { source: 'shop', request: 'r1' };
    const backfill = beginBackfill(ref, { from: '2026-01-01', to: '2026-02-28' }, Date.now());
    await world.store.put(backfillKey(ref), JSON.stringify(backfill));
    const budget = { version: 1, queries: [Date.now() - 7_200_000, Date.now() - 60_000], blockedUntil: 0 };
    await world.store.put(queryBudgetKey('2195193'), JSON.stringify(budget));
    const batch = (id: string, hoursAgo: number) => ({ id, at: Date.now() - hoursAgo * 3_600_000 });
    const delivered = { version: 1, batches: [batch('old', 25), batch('a', 23), batch('b', 0)], uploads: [] };
    await world.store.put(
      deliveryBudgetKey('0123456789ABCDEF01234567@AdobeOrg/prod'),
      JSON.stringify(delivered),
    );
    const { json } = await status({ json: true });
    const details = z
      .object({
        sources: z.tuple([
          z.object({ details: z.looseObject({ backfills: z.array(z.looseObject({ endsAt: z.string() })) }) }),
        ]),
      })
      .parse(json()).sources[0].details;
    expect(details).toMatchObject({
      budget: { used: 1, left: 49, blockedUntil: null },
      batches: { used: 2, dailyBudget: 60, backfillUpTo: 58 },
    });
    expect((await status()).text()).toContain('2 of 60 opened in the last 24 hours');
    // 59 windows at 48 an hour.
    const hours = (Date.parse(details.backfills[0]?.endsAt ?? '') - Date.now()) / 3600_000;
    expect(hours).toBeCloseTo(59 / 48, 1);
  });
});

describe('connector status', () => {
  it('says in one line that all is well', async () => {
    const { newest, before } = windows();
    await put(aLedger(newest));
    await put(aLedger(before));
    const { text } = await status({ check: true });
    expect(text()).toContain('All is well.');
    expect(text()).toContain(`${newest.slice(0, 7)}  `);
    expect(text()).toContain('D delivered 2');
    expect(text()).not.toContain('\u001b');
  });

  it('names what is missing first, with since when and what to type; --check makes it an exit code', async () => {
    // Not just after midnight, when the newest window is due only since then.
    vi.useFakeTimers({ now: Date.parse('2026-03-10T12:00:00Z'), toFake: ['Date'] });
    try {
      await put(aLedger('2026-03-08'));
      const { code, text } = await status({ check: true });
      expect(code).toBe(1);
      expect(text()).toContain(
        'Needs you: 1 day is not delivered (2026-03-09)\nNewest day in Platform: 2026-03-08.\n',
      );
      expect(text()).toContain('Missing in Platform: the data of 2026-03-09.');
      expect(text()).toContain('Due 12 hours ago (2026-03-10 00:00Z).');
      expect(text()).toContain(`1. Try again: connector replay 2026-03-09 --source shop --data ${world.dir}`);
      expect(text()).toContain('2026-03  ·······D!');
    } finally {
      vi.useRealTimers();
    }
  });

  it('shows dead letters with their reasons, and leaves them where they are', async () => {
    const { newest, before } = windows();
    await put(aLedger(newest));
    await put(aLedger(before));
    const QueueUrl = world.outputs.ShopWindowDeadLetterQueueUrl;
    const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
    await world.aws.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: '{"date":"2026-03-08"}',
        MessageAttributes: { code: attribute('mixpanel_auth'), reason: attribute('HTTP 401: refused') },
      }),
    );
    await world.aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'nonsense' }));
    const { text } = await status();
    expect(text()).toContain('Needs you: 2 messages could not be carried out');
    expect(text()).toContain('It is about 2026-03-08.');
    expect(text()).toContain('details: HTTP 401: refused');
    expect(text()).toContain('connector redrive --code mixpanel_auth --source shop');
    expect(text()).toContain('! The function that does the work crashed each time');
    expect(text()).toContain('connector redrive --code none --source shop');
    const { Messages } = await world.aws.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    expect(Messages).toHaveLength(2);
  });

  it('asks only for ledgers that have changed since the hourly watch read them, and writes nothing', async () => {
    const { newest, before } = windows();
    for (let date = newest, count = 0; count < 30; count += 1, date = previousWindow(date))
      await put(aLedger(date));
    await readWindows(
      world.store,
      'shop',
      createStoredDigests(world.store, 'shop', () => {}),
    );
    const first = await calls();
    await put(aLedger(before, { state: 'failed', error: 'HTTP 500' }));
    const { text } = await status();
    const last = await calls();
    // Beside the ledger: the digests, both budgets, how the source stores time, the record of looks, and
    // what Platform was last found to hold.
    expect(last.read - first.read).toBe(1 + 6);
    expect(last.written - first.written).toBe(1);
    expect(text()).toContain(`Needs you: 1 day is not up to date (${before})`);
    expect(text()).toContain('D delivered 29');
  });

  it('goes on where a ledger can not be read, and says which', async () => {
    const { newest, before } = windows();
    await put(aLedger(newest));
    await world.store.put(ledgerKey({ source: 'shop', date: before }), '{"version":2}');
    const { text } = await status();
    expect(text()).toContain('1 unreadable ledger');
    expect(text()).toContain(`can not be read: ledger/source=shop/date=${before}.json`);
    expect(text()).toContain(`details: reading the ledger ledger/source=shop/date=${before}.json`);
  });

  it('says so where nothing was exported yet', async () => {
    expect((await status()).text()).toContain('Nothing was exported yet.');
  });
});

describe('connector status, of a window that was rejected', () => {
  const run = '20260309T033000123Z-1f2e3d4c';
  const reasons = 'Why, most frequent first of the first 2,000 looked at: 2,000 times no time.';
  /** More than comes at once, and than is looked at. */
  const largePart = () => {
    const lines = Array.from({ length: 2500 }, () =>
      JSON.stringify({ reason: 'no time', record: randomBytes(500).toString('hex') }),
    );
    return gzipSync(`${lines.join('\n')}\n`);
  };
  const reject = (date: string) =>
    put(
      aLedger(date, {
        state: 'rejected',
        error: '9 of 90 records rejected; see rejected/',
        activeBatch: null,
      }),
    );

  it('tells the most frequent reasons of a large part, in every form', async () => {
    const { newest } = windows();
    await reject(newest);
    await world.store.put(rejectedKey({ source: 'shop', date: newest, run }, 0), largePart());
    expect((await status()).text()).toContain(reasons);
    const { code, json } = await status({ json: true, check: true });
    expect(code).toBe(1);
    expect(JSON.stringify(json())).toContain(reasons);
    const html = join(world.dir, 'status.html');
    await status({ html });
    expect(readFileSync(html, 'utf8')).toContain(reasons);
  });

  it('says that the reasons can not be read where a part is damaged, and shows all else', async () => {
    const { newest } = windows();
    await reject(newest);
    const key = rejectedKey({ source: 'shop', date: newest, run }, 0);
    await world.store.put(key, 'no gzip');
    const unread = `reasons can't be read now: ${key}: incorrect header check`;
    const { text } = await status();
    expect(text()).toContain(`${newest}: ${unread}`);
    expect(text()).toContain('Schedule');
    expect((await status({ date: newest })).text()).toContain(unread);
    const html = join(world.dir, 'status.html');
    await status({ html });
    expect(readFileSync(html, 'utf8')).toMatch(
      /<p>Reasons can(?:'|&#39;)t be read now: .*incorrect header check<\/p>/,
    );
  });
});

describe('connector status DATE', () => {
  it('shows every delivery, and why records were rejected, without a record', async () => {
    const failed = aDelivery({
      id: 'd2',
      error: 'batch failed',
      accepted: 0,
      failed: 91,
      reason: 'new mapping',
    });
    await put(
      aLedger('2026-03-08', { state: 'failed', error: 'batch failed', deliveries: [failed, aDelivery()] }),
    );
    const lines = ['no _id', 'too large', 'too large'].map((reason) =>
      JSON.stringify({ reason, path: '/_id', record: { secret: 'value' } }),
    );
    const run = { source: 'shop', date: '2026-03-08', run: '20260309T033000123Z-1f2e3d4c' };
    await world.store.put(rejectedKey(run, 0), gzipSync(`${lines.join('\n')}\n`));
    const { text } = await status({ date: '2026-03-08' });
    expect(text()).toContain('shop 2026-03-08  failed');
    expect(text()).toContain('new mapping');
    expect(text()).toMatch(/2 {2}\/_id: too large\n +1 {2}\/_id: no _id/);
    expect(text()).not.toContain('value');
    const { json } = await status({ date: '2026-03-08', json: true });
    expect(json()).toMatchObject({ ledger: { deliveries: [{ id: 'd2' }, {}] }, rejected: { run: run.run } });
  });

  it('says what to type for a window that was never exported', async () => {
    expect((await status({ date: '2026-03-08' })).text()).toContain(
      'connector replay 2026-03-08 --source shop',
    );
  });
});

it('paints on a terminal, unless NO_COLOR or the terminal says otherwise', () => {
  expect(createPaint(true, {}).bad('x')).toBe('\u001b[31mx\u001b[39m');
  expect(createPaint(true, { NO_COLOR: '' }).bad('x')).toBe('\u001b[31mx\u001b[39m');
  expect(createPaint(true, { NO_COLOR: '1' }).bad('x')).toBe('x');
  expect(createPaint(true, { TERM: 'dumb' }).bad('x')).toBe('x');
  expect(createPaint(false, {}).bad('x')).toBe('x');
});
