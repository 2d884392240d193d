import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runStatus } from '../../bin/status/run-status.ts';
import { createExportWork } from '../../functions/export-window/export-work.ts';
import { createLoadWork } from '../../functions/load-window/load-work.ts';
import { handler as planHandler } from '../../functions/plan-windows/handler.ts';
import {
  watchCredential,
  watchEndingCredential,
  watchWindows,
} from '../../functions/plan-windows/watch-source.ts';
import { ledgerKey } from '../../functions/shared/object-keys.ts';
import { queueHandler } from '../../functions/shared/queue-handler.ts';
import { type Deadline, type ReceivedMessage, settleMessage } from '../../functions/shared/settle-message.ts';
import { newestSettledWindow, previousWindow } from '../../functions/shared/window.ts';
import { configOf, sourceInput, synthesise } from '../lib/synth-stack.ts';
import { defaultUsername } from '../simulators/mixpanel/options.ts';
import { startMixpanel } from '../simulators/mixpanel/server.ts';
import { createExportWorkWorld, type ExportWorkWorld } from '../support/export-work-world.ts';
import { contextWith, eventOf } from '../support/lambda-invocation.ts';
import { aDelivery, aLedger } from '../support/ledgers.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  type LoadWorld,
  mappingRejecting,
} from '../support/load-world.ts';
import type { MemoryObjectStore } from '../support/memory-object-store.ts';
import { createMemoryQueue, type SentMessage } from '../support/memory-queue.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';
import { alarmSchema, raisedBy } from '../support/raised-alarms.ts';
import { createRecordedLog } from '../support/recorded-log.ts';
import { createRecordedMetrics } from '../support/recorded-metrics.ts';
import { recordOutput } from '../support/recorded-output.ts';

/** The alarms as they are deployed: what raises them is decided by what the functions write, and nothing else. */
const alarms = synthesise(configOf({ sources: [sourceInput('shop')] }))
  .monitoring.ofType('AWS::CloudWatch::Alarm')
  .map(({ properties }) => alarmSchema.parse(properties));
const raised = (metrics: { readonly lines: Parameters<typeof raisedBy>[0] }) =>
  raisedBy(metrics.lines, alarms).map((name) => name.replace('MixpanelConnector-shop-', ''));

let operator: OperatorWorld;
beforeAll(async () => {
  operator = await startOperatorWorld([
    { id: 'shop', mixpanel: { projectId: 7, hourlyQueryBudget: 2 }, schedule: { at: '00:00' } },
  ]);
});
let exporting: ExportWorkWorld | undefined;
let loading: LoadWorld | undefined;
afterEach(async () => {
  await exporting?.close();
  await loading?.close();
  exporting = undefined;
  loading = undefined;
  for await (const { key } of operator.store.list('')) await operator.store.delete(key);
});
afterAll(async () => {
  await operator.close();
});

/** What `connector status` says of the objects and dead letters that a cause has left behind. */
async function statusAfter(
  store: MemoryObjectStore,
  deadLetters: readonly SentMessage[] = [],
): Promise<string> {
  for (const [key, body] of store.objects) {
    if (/^(ledger|state)\//.test(key)) await operator.store.put(key, body);
  }
  for (const { body, attributes } of deadLetters) {
    await operator.aws.sqs.send(
      new SendMessageCommand({
        QueueUrl: operator.outputs.ShopWindowDeadLetterQueueUrl,
        MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [
            name,
            { DataType: 'String', StringValue: value },
          ]),
        ),
      }),
    );
  }
  return status();
}

async function status(): Promise<string> {
  const recorded = recordOutput();
  await runStatus({ data: operator.dir }, recorded.output, new AbortController().signal);
  return recorded.text();
}

const newest = () => newestSettledWindow(Date.now(), 'UTC');

/** The load queue's messages, settled as the deployed function settles them, until none is left. */
async function load(
  world: LoadWorld,
  changed: Parameters<LoadWorld['drain']>[1] = {},
): Promise<SentMessage[]> {
  const deadLetters = createMemoryQueue();
  const queue = { ...world.loadQueue, hide: async () => {} };
  await world.loadQueue.send(deliver('r1'));
  for (let step = 0; step < 500; step += 1) {
    const next = world.loadQueue.sent.shift();
    if (next === undefined) return deadLetters.sent;
    await world.platform.idle();
    await settleMessage(
      {
        queue,
        deadLetters,
        maxReceiveCount: 10,
        log: world.log,
        metrics: world.metrics,
        work: createLoadWork({ ...world.deps, ...changed }),
      },
      { body: JSON.stringify(next.body), receiptHandle: 'r', receiveCount: 1, request: 'q', deferrals: 0 },
      () => 900_000,
    );
  }
  throw new Error('the queue does not run dry');
}

describe('windows-late', () => {
  const watch = () => {
    const metrics = createRecordedMetrics();
    const settings = operator.settings[0];
    if (settings === undefined) throw new Error('no source');
    const deps = { settings, store: operator.store, clock: Date.now, log: createRecordedLog(), metrics };
    return {
      metrics,
      deps: { ...deps, secretId: 's', credentials: { refresh: () => Promise.reject(new Error()) } },
    };
  };
  const put = (date: string, changes: Parameters<typeof aLedger>[1] = {}) =>
    operator.store.put(
      ledgerKey({ source: 'shop', date }),
      JSON.stringify(
        aLedger(date, { deliveries: [aDelivery({ startedAt: '2026-03-09T03:31:05.000Z' })], ...changes }),
      ),
    );

  it('is raised by a window that was due and is not there, as status says', async () => {
    // The newest window may be due for less than the grace time; the one before never is.
    const missing = previousWindow(newest());
    for (let date = previousWindow(missing), left = 5; left > 0; date = previousWindow(date), left -= 1)
      await put(date);
    await put(newest());
    const { metrics, deps } = watch();
    await watchWindows(deps);
    expect(raised(metrics)).toEqual(['windows-late']);
    expect(metrics.lines).toMatchObject([{ WindowsLate: 1, LagHours: expect.any(Number) }]);
    const text = await status();
    expect(text).toContain(`Needs you: 1 day is not delivered (${missing})`);
    expect(text).toContain(`connector replay ${missing} --source shop`);
  });

  it('is raised by a source that never had a window exported, once the first that was due is late', async () => {
    const deployedMs = Date.now() - 3 * 86_400_000;
    const { metrics, deps } = watch();
    await watchWindows({ ...deps, clock: () => deployedMs });
    expect(metrics.lines).toMatchObject([{ WindowsLate: 0 }]);
    await watchWindows(deps);
    // The newest may be due for less than the grace time; the look-back of five days before it is late.
    expect(raised(metrics)).toEqual(['windows-late']);
    const late = previousWindow(newest());
    const text = await status();
    expect(text).toMatch(new RegExp(`connector replay .*${late}.* --source shop`));
    expect(text).toContain(`Needs you: ${metrics.lines[1]?.WindowsLate} days are not delivered (`);
  });

  it('counts exactly the windows that status lists, whatever their trouble', async () => {
    await put('2026-03-01', { state: 'failed', error: 'x' });
    await put('2026-03-02', { state: 'rejected', error: 'x' });
    await operator.store.put(ledgerKey({ source: 'shop', date: '2026-03-03' }), 'no ledger');
    const { metrics, deps } = watch();
    await watchWindows(deps);
    const text = await status();
    const days = [
      ...text.matchAll(/(\d+) days? (?:is|are) (?:not delivered|not up to date|delivered without)/g),
    ];
    const windows = days.reduce((sum, [, count]) => sum + Number(count), 0);
    expect(text).toContain('1 unreadable ledger');
    expect(metrics.lines).toMatchObject([{ WindowsLate: windows + 1 }]);
  });

  it('is not raised while all is well, nor by a connector that was only just deployed', async () => {
    const fresh = watch();
    await watchWindows(fresh.deps);
    expect(fresh.metrics.lines).toMatchObject([{ WindowsLate: 0 }]);
    for (let date = newest(), left = 7; left > 0; date = previousWindow(date), left -= 1) await put(date);
    const { metrics, deps } = watch();
    await watchWindows(deps);
    expect(metrics.lines).toMatchObject([{ WindowsLate: 0 }]);
    expect(raised(metrics)).toEqual([]);
    expect(await status()).toContain('All is well.');
  });

  it('is raised by silence where nobody can look: the look fails without a measurement and without an error', async () => {
    const { metrics, deps } = watch();
    const store = {
      ...operator.store,
      // biome-ignore lint/correctness/useYield: it fails before the first object.
      list: async function* () {
        throw new Error('S3 is away');
      },
    };
    await watchWindows({ ...deps, store });
    expect(metrics.lines).toEqual([]);
    expect(deps.log.entries.map(({ message }) => message)).toEqual(['Watch:Windows:Failed']);
  });
});

describe('credentials-expiring', () => {
  const measured = async (expiresAt: number | undefined, projectSecret?: string) => {
    const secret = 's1';
    const account = { username: defaultUsername, secret, ...(expiresAt === undefined ? {} : { expiresAt }) };
    const mixpanel = await startMixpanel({
      projects: [{ projectId: 7, organizationId: 5 }],
      accounts: [account],
    });
    const metrics = createRecordedMetrics();
    const settings = configOf({
      sources: [sourceInput('shop', { mixpanel: { projectId: 7, appUrl: mixpanel.url } })],
    }).sources[0];
    if (settings === undefined) throw new Error('no source');
    const credential =
      projectSecret === undefined
        ? ({ kind: 'serviceAccount', username: defaultUsername, secret } as const)
        : ({ kind: 'projectSecret', projectSecret } as const);
    const log = createRecordedLog();
    const credentials = { refresh: async () => credential };
    const deps = { settings, store: operator.store, credentials, secretId: 's', log, metrics };
    await watchCredential({ ...deps, clock: Date.now });
    await watchEndingCredential({ ...deps, clock: Date.now });
    await mixpanel.close();
    return { metrics, log };
  };
  const day = 86_400_000;

  it('is raised by a service account that ends within 14 days, and by no other', async () => {
    const soon = await measured(Date.now() + 5 * day);
    expect(raised(soon.metrics)).toEqual(['credentials-expiring']);
    expect(soon.metrics.lines[0]?.CredentialDaysLeft).toBeCloseTo(5, 2);
    const text = await status();
    expect(text).toContain('the Mixpanel login ends');
    expect(text).toMatch(/The Mixpanel login ends on \S+, in 4 days: /);
    expect(raised((await measured(Date.now() + 15 * day)).metrics)).toEqual([]);
    expect((await measured(undefined)).metrics.lines).toEqual([]);
    // The secret was rotated, and looked at since.
    expect(await status()).not.toContain('the Mixpanel login ends');
  });

  it('looks again every hour while the end is near, and not otherwise', async () => {
    expect((await measured(Date.now() + 5 * day)).metrics.lines).toHaveLength(2);
    expect((await measured(Date.now() + 15 * day)).metrics.lines).toHaveLength(1);
  });

  it('knows the day on which Mixpanel switches project secrets off', async () => {
    const { metrics } = await measured(undefined, 'legacy');
    const left = (Date.parse('2027-03-03') - Date.now()) / day;
    expect(metrics.lines[0]?.CredentialDaysLeft).toBeCloseTo(left, 2);
  });

  it('never fails the planning, whatever Mixpanel says', async () => {
    const { metrics, log } = await measured(Date.now() - day);
    expect(metrics.lines).toEqual([]);
    expect(log.entries.map(({ message }) => message)).toEqual(['Watch:Credential:Unknown']);
  });
});

describe('what exporting raises', () => {
  it('credentials-refused: an account that Mixpanel does not know', async () => {
    exporting = await createExportWorkWorld({
      startMs: Date.now(),
      mixpanel: { accounts: [{ username: 'somebody-else', secret: 'x' }] },
    });
    await exporting.windowQueue.send({ date: newest() });
    await exporting.run();
    expect(raised(exporting.metrics)).toEqual(['credentials-refused']);
    const text = await statusAfter(exporting.objects, exporting.deadLetters.sent);
    expect(text).toContain(`Missing in Platform: the data of ${newest()}.`);
    // What the alarm on the dead letters counts.
    expect(text).toMatch(/Dead letters +1 /);
    expect(text).toContain('connector redrive --code mixpanel_auth --source shop');
  });

  it('exports-incomplete: the third cut answer, and not the first', async () => {
    exporting = await createExportWorkWorld({
      startMs: Date.now(),
      mixpanel: { faults: [{ kind: 'terminatedEarly', times: 3 }] },
    });
    const cut = () => exporting?.metrics.counted.filter((name) => name === 'ExportsIncomplete').length ?? 0;
    await exporting.windowQueue.send({ date: newest() });
    await exporting.run({ until: () => cut() === 2 });
    expect(raised(exporting.metrics)).toEqual([]);
    await exporting.run({ until: () => cut() === 3 });
    expect(raised(exporting.metrics)).toEqual(['exports-incomplete']);
    expect(await statusAfter(exporting.objects)).toContain(`Running         ${newest()} exporting`);
    // It heals by itself.
    await exporting.run();
    expect(exporting.deadLetters.sent).toEqual([]);
  });

  it('budget-exhausted: a daily window that finds no query left, and no backfill that is paced', async () => {
    exporting = await createExportWorkWorld({
      startMs: Date.now(),
      source: { mixpanel: { hourlyQueryBudget: 2 }, schedule: { lookbackDays: 0 } },
    });
    const { metrics } = exporting;
    await exporting.windowQueue.send({ from: '2026-03-01', to: '2026-03-03' });
    await exporting.run({
      until: () => metrics.counted.filter((name) => name === 'WindowsExported').length === 2,
    });
    expect(raised(metrics)).toEqual([]);
    for (const date of ['2026-02-01', '2026-02-02', '2026-02-03']) await exporting.windowQueue.send({ date });
    await exporting.run({ until: () => metrics.counted.includes('BudgetExhausted') });
    expect(raised(metrics)).toEqual(['budget-exhausted']);
    expect(await statusAfter(exporting.objects)).toMatch(/Budget +0 of 2 queries left this hour/);
  });
});

describe('what loading raises', () => {
  const lines = (bad: number) =>
    eventLines(100).map((line, index) => (index < bad ? line.replace(`"e${index}"`, '"bad"') : line));

  it('records-rejected: a delivered window that loses half of what is allowed', async () => {
    loading = await createLoadWorld();
    await loading.storeRun('r1', lines(3));
    await load(loading, { mapping: mappingRejecting('bad') });
    expect(raised(loading.metrics)).toEqual(['records-rejected']);
    expect(loading.metrics.lines).toContainEqual(
      expect.objectContaining({
        RecordsReceived: 100,
        RecordsRejected: 3,
        RecordsDelivered: 97,
        RejectedPercent: 3,
      }),
    );
    expect(await statusAfter(loading.store)).toContain(
      '100 received, 0 duplicates, 0 filtered, 3 rejected, 97 delivered',
    );
  });

  it('nothing: two records of a hundred', async () => {
    loading = await createLoadWorld();
    await loading.storeRun('r1', lines(2));
    await load(loading, { mapping: mappingRejecting('bad') });
    expect(raised(loading.metrics)).toEqual([]);
    expect(loading.metrics.counted).toEqual(['WindowsDelivered']);
  });

  it('window-rejected: more than is allowed', async () => {
    loading = await createLoadWorld();
    await loading.storeRun('r1', lines(10));
    await load(loading, { mapping: mappingRejecting('bad') });
    expect(raised(loading.metrics)).toEqual(['records-rejected', 'window-rejected']);
    expect(await statusAfter(loading.store)).toContain('2026-03-08: 10 of 100 records rejected');
  });

  it.each(['failed', 'stalled'] as const)(
    'batch-failed: a batch that Platform ends as %s',
    async (outcome) => {
      loading = await createLoadWorld();
      loading.platform.addFault({ outcome });
      await loading.storeRun('r1', eventLines(10));
      const deadLetters = await load(loading);
      expect(raised(loading.metrics)).toEqual(['batch-failed']);
      expect(deadLetters.map(({ attributes }) => attributes.code)).toEqual(['batch_failed']);
      expect(await statusAfter(loading.store)).toMatch(/the data of 2026-03-08\.\n[^!]*details: .*ended as/);
    },
  );
});

describe('what functions raise', () => {
  /** What is left of its time to a function that may just still begin a window. */
  const beginningMs = 20_000;

  it.each([
    [9_000, ['function-slow']],
    [19_000, []],
  ])(
    'function-slow: an answer of S3 that ends an invocation %s ms before its time',
    async (endMs, alarms) => {
      exporting = await createExportWorkWorld({ startMs: Date.now() });
      const { deps, objects, metrics, log } = exporting;
      let remainingMs = beginningMs;
      let isOver = new Promise<void>(() => {});
      // The time is over while the ledger is written: no deadline interrupts that.
      const ledgers: typeof deps.ledgers = {
        ...deps.ledgers,
        async update(...change) {
          const written = await deps.ledgers.update(...change);
          await isOver;
          remainingMs = endMs;
          return written;
        },
      };
      const work = createExportWork({ ...deps, ledgers });
      const queue = { ...createMemoryQueue(), hide: async () => {} };
      const setup = {
        ...{ queue, deadLetters: queue, maxReceiveCount: 10, log, metrics },
        work: {
          ...work,
          handle(message: ReceivedMessage, deadline: Deadline) {
            isOver = new Promise((resolve) => deadline.signal.addEventListener('abort', () => resolve()));
            return work.handle(message, deadline);
          },
        },
      };
      const context = contextWith(() => remainingMs);
      const event = eventOf([
        { MessageId: 'm', ReceiptHandle: 'r', Body: JSON.stringify({ date: newest() }) },
      ]);
      await queueHandler(() => setup)(event, context);
      expect(raised(metrics)).toEqual(alarms);
      expect(await statusAfter(objects)).toContain(`Running         ${newest()} exporting`);
    },
  );

  it('function-errors: a function that can not even begin fails its invocation, which Lambda counts', async () => {
    const invocation = planHandler(
      {},
      contextWith(() => 60_000),
    );
    await expect(invocation).rejects.toThrow('reading the function environment');
  });
});
