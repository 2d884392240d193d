import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runDoctor } from '../../bin/doctor/run-doctor.ts';
import { runStatus } from '../../bin/status/run-status.ts';
import { createLoadWork } from '../../functions/load-window/load-work.ts';
import { createMappingOpener } from '../../functions/load-window/open-mapping.ts';
import { watchCredential } from '../../functions/plan-windows/watch-source.ts';
import { parseMappingSet } from '../../functions/shared/mapping/index.ts';
import { createSchemaRegistry } from '../../functions/shared/platform/schema-registry.ts';
import { settleMessage } from '../../functions/shared/settle-message.ts';
import { sourceSchema } from '../../functions/shared/source-settings.ts';
import { createSchemaKeeper } from '../../functions/shared/stored-schema.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import { defaultUsername } from '../simulators/mixpanel/options.ts';
import { type MixpanelSimulator, startMixpanel } from '../simulators/mixpanel/server.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { startPlatform } from '../simulators/platform/server.ts';
import { createExportWorkWorld, type ExportWorkWorldOptions, secret } from '../support/export-work-world.ts';
import {
  createLoadWorld,
  deliver,
  eventLines,
  type LoadWorld,
  mappingRejecting,
} from '../support/load-world.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../support/memory-object-store.ts';
import { createMemoryQueue, type SentMessage } from '../support/memory-queue.ts';
import { startOperatorWorld, type WorldSource } from '../support/operator-world.ts';
import { createRecordedLog } from '../support/recorded-log.ts';
import { createRecordedMetrics } from '../support/recorded-metrics.ts';
import { recordOutput } from '../support/recorded-output.ts';

/** The code blocks of a set-up's section: what the commands print, shortened by whole lines and by an ending ` …`. */
const page = readFileSync(new URL('../../docs/broken-set-ups.md', import.meta.url), 'utf8');
const sections = new Map(
  page
    .split('\n## ')
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);

const dir = mkdtempSync(join(tmpdir(), 'connector-broken-'));
const accounts = {
  known: { username: defaultUsername, secret },
  good: { username: 'good.1.mp-service-account', secret: 's1' },
  soon: { username: 'soon.1.mp-service-account', secret: 's2', expiresAt: Date.now() + 5.5 * 86_400_000 },
};
let mixpanel: MixpanelSimulator;
let platform: Awaited<ReturnType<typeof startPlatform>>;
beforeAll(async () => {
  mixpanel = await startMixpanel({
    projects: [{ projectId: 7, timezone: 'US/Pacific', legacy: true, organizationId: 5 }],
    accounts: Object.values(accounts),
    eventsPerDay: 300,
    // The set-ups ask faster, one after the other, than Mixpanel would let one project.
    perSecond: 1000,
    hourlyLimit: 1000,
  });
  platform = await startPlatform({ dataDir: join(dir, 'platform'), processingMs: 1 });
});
afterAll(async () => {
  await mixpanel.close();
  await platform.close();
  rmSync(dir, { recursive: true, force: true });
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** What the functions leave behind: objects, and the dead letters of a queue. */
interface Left {
  readonly queue: 'Window' | 'Load';
  readonly store?: MemoryObjectStore;
  readonly deadLetters: readonly SentMessage[];
}

interface SetUp {
  readonly source?: Omit<WorldSource, 'id'>;
  readonly secret?: { readonly username: string; readonly secret: string };
  readonly left?: Left;
}

/** What `status` and `doctor` print of a set-up, each line in the words of the page. */
async function printed({ source, secret = accounts.good, left }: SetUp): Promise<string[]> {
  const { orgId, sandbox, datasetId, schemaId, tenant } = localPlatform;
  const vendor = { baseUrl: platform.url, imsUrl: platform.url };
  const world = await startOperatorWorld([
    {
      ...source,
      id: 'shop',
      mixpanel: {
        ...{ projectId: '7', timezone: 'US/Pacific', baseUrl: mixpanel.url, appUrl: mixpanel.url },
        ...source?.mixpanel,
      },
      platform: { orgId, sandbox, datasetId, schemaId, tenant, ...vendor, ...source?.platform },
    },
  ]);
  closing.push(() => world.close());
  const { clientId, clientSecret } = localPlatform;
  const secrets = { mixpanel: secret, platform: { clientId, clientSecret } };
  for (const [kind, value] of Object.entries(secrets)) {
    const SecretString = JSON.stringify(value);
    await world.aws.secrets.send(
      new PutSecretValueCommand({ SecretId: `OperatorTest/shop/${kind}`, SecretString }),
    );
  }
  for (const [key, body] of left?.store?.objects ?? []) {
    if (/^(ledger|state|rejected)\//.test(key)) await world.store.put(key, body);
  }
  for (const { body, attributes } of left?.deadLetters ?? []) {
    const QueueUrl = world.outputs[`Shop${left?.queue}DeadLetterQueueUrl`];
    const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
    const MessageAttributes = Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
    );
    await world.aws.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
  }
  const status = recordOutput();
  await runStatus({ data: world.dir }, status.output, new AbortController().signal);
  const doctor = recordOutput();
  await runDoctor({ data: world.dir }, doctor.output);
  return `${status.text()}\n${doctor.text()}`
    .replaceAll(` --data ${world.dir}`, '')
    .split('\n')
    .map(inWordsOfThePage);
}

/** Days, times, ids and hosts differ from run to run; the page has words for them. */
function inWordsOfThePage(line: string): string {
  return line
    .replace(/http:\/\/127\.0\.0\.1:\d+/g, 'https://HOST')
    .replace(/\/\S*\/(mapping-[a-z]+\.json)/g, '$1')
    .replace(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g, 'DAY')
    .replace(/\b\d\d:\d\dZ/g, 'TIME')
    .replace(/(a moment|\d+ \w+) ago/g, 'HOW LONG ago')
    .replace(/\bUTC[+-]\d\d:\d\d/g, 'OFFSET')
    .replace(/\(\d+ (s|min|h|d|days?)( \d+ \w+)?\)/g, '(HOW LONG)')
    .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, 'BATCH')
    .trimEnd();
}

/** Lets a window message, of yesterday if no other is given, meet what is broken, as deployed. */
async function exporting(options: ExportWorkWorldOptions, message?: object): Promise<Left> {
  const { startMs = Date.now() } = options;
  const world = await createExportWorkWorld({
    startMs,
    secretId: 'OperatorTest/shop/mixpanel',
    ...options,
  });
  closing.push(async () => world.close());
  await world.windowQueue.send(message ?? { date: newestSettledWindow(startMs, 'UTC') });
  await world.run();
  return { queue: 'Window', store: world.objects, deadLetters: world.deadLetters.sent };
}

/** Lets the plan function look at the credential, as it does each day. */
async function planned(account: { readonly username: string; readonly secret: string }): Promise<Left> {
  const store = createMemoryObjectStore();
  const settings = sourceSchema.parse({
    id: 'shop',
    mixpanel: { projectId: 7, timezone: 'US/Pacific', appUrl: mixpanel.url },
    platform: { orgId: 'o', sandbox: 's', datasetId: 'd', schemaId: 's', tenant: 't' },
  });
  const log = createRecordedLog();
  await watchCredential({
    settings,
    store,
    credentials: { refresh: async () => ({ kind: 'serviceAccount', ...account }) },
    secretId: 'OperatorTest/shop/mixpanel',
    clock: Date.now,
    log,
    metrics: createRecordedMetrics(),
  });
  return { queue: 'Window', store, deadLetters: [] };
}

/** Lets the delivery of a stored run meet what is broken, as deployed. */
async function loading(
  world: LoadWorld,
  lines: readonly string[],
  changed: Partial<LoadWorld['deps']> = {},
): Promise<Left> {
  closing.push(async () => world.close());
  await world.storeRun('r1', lines);
  const deadLetters = createMemoryQueue();
  await world.loadQueue.send(deliver('r1'));
  for (let step = 0; step < 500; step += 1) {
    const next = world.loadQueue.sent.shift();
    if (next === undefined) return { queue: 'Load', store: world.store, deadLetters: deadLetters.sent };
    await world.platform.idle();
    const { log, metrics } = world;
    const work = createLoadWork({ ...world.deps, ...changed });
    const queue = { ...world.loadQueue, hide: async () => {} };
    const message = { body: JSON.stringify(next.body), receiptHandle: 'r', request: 'q', deferrals: 0 };
    await settleMessage(
      { queue, deadLetters, maxReceiveCount: 10, log, metrics, work },
      { ...message, receiveCount: 1 },
      () => 900_000,
    );
  }
  throw new Error('the queue does not run dry');
}

const unknownField = [
  { sourceType: 'ATTRIBUTE', source: 'connector.id', destination: '_id' },
  { sourceType: 'ATTRIBUTE', source: 'connector.timestamp', destination: 'timestamp' },
  { sourceType: 'ATTRIBUTE', source: 'event', destination: 'web.webPageDetails.nmae' },
];

/** Mixpanel's host of the configured region, and that of another: neither knows the credential. */
const strangers = async (): Promise<ExportWorkWorldOptions> => {
  const accounts = [{ username: 'somebody-else', secret: 'x' }];
  const elsewhere = await startMixpanel({ projects: [{ projectId: 7 }], accounts });
  closing.push(() => elsewhere.close());
  return { mixpanel: { accounts }, otherRegions: [{ region: 'eu', appUrl: elsewhere.url }] };
};

const setUps: Readonly<Record<string, () => Promise<SetUp>>> = {
  '1. The Mixpanel secret is wrong': async () => ({
    secret: { username: accounts.good.username, secret: 'wrong' },
    left: await exporting(await strangers()),
  }),
  '2. The region is wrong': async () => ({
    source: { mixpanel: { region: 'eu' } },
    left: await exporting({
      ...(await strangers()),
      source: { mixpanel: { region: 'eu' } },
      otherRegions: [{ region: 'us', appUrl: mixpanel.url }],
    }),
  }),
  '3. The time zone is wrong': async () => ({
    source: { mixpanel: { timezone: 'Europe/Madrid' } },
    left: await exporting({
      source: { mixpanel: { timezone: 'Europe/Madrid', timestamps: 'auto' } },
      mixpanel: {
        projects: [{ projectId: 7, timezone: 'US/Pacific', legacy: true }],
        eventsPerDay: 300,
      },
    }),
  }),
  '4. The Mixpanel credential is about to end': async () => ({
    secret: accounts.soon,
    left: await planned(accounts.soon),
  }),
  '5. The Platform credential has no right to the sandbox': async () => ({
    source: { platform: { sandbox: 'dev' } },
    left: await loading(await createLoadWorld({ source: { sandbox: 'dev' } }), eventLines(10)),
  }),
  '6. The dataset is not there': async () => ({
    source: { platform: { datasetId: '65f0000000000000000000ff' } },
    left: await loading(
      await createLoadWorld({ source: { datasetId: '65f0000000000000000000ff' } }),
      eventLines(10),
    ),
  }),
  '7. The mapping writes a field that the schema lacks': async () => {
    const mapping = join(dir, 'mapping-broken.json');
    writeFileSync(mapping, JSON.stringify(unknownField));
    const world = await createLoadWorld();
    const shared = { schemaId: localPlatform.schemaId, clock: Date.now, log: world.log };
    const registry = createSchemaRegistry(world.client);
    const schemas = createSchemaKeeper({ ...shared, store: world.store, registry, source: 'shop' });
    const set = parseMappingSet(JSON.stringify(unknownField));
    const openMapping = createMappingOpener({ ...shared, set, strict: false, profile: true, schemas });
    return { source: { mapping }, left: await loading(world, eventLines(10), { openMapping }) };
  },
  '8. Too many records are rejected': async () => ({
    left: await loading(
      await createLoadWorld(),
      eventLines(100).map((line, index) => (index < 10 ? line.replace(`"e${index}"`, '"bad"') : line)),
      { openMapping: async () => ({ mapping: mappingRejecting('bad'), mappingHash: 'mapping-1' }) },
    ),
  }),
  '9. Mixpanel cuts every export': async () => {
    const faults = [{ kind: 'terminatedEarly', times: 100 }] as const;
    // That of doctor too.
    mixpanel.setFaults(faults);
    closing.push(async () => mixpanel.setFaults([]));
    // Ten tries take more than an hour: doctor comes when they are over.
    return { left: await exporting({ startMs: Date.now() - 2 * 3_600_000, mixpanel: { faults } }) };
  },
  '10. The schedule is off, and a message is stuck': async () => ({
    source: { schedule: { enabled: false } },
    left: await exporting({}, { day: 'yesterday' }),
  }),
};

describe('docs/broken-set-ups.md', () => {
  it('has a section for each set-up, and no other', () => {
    expect([...sections.keys()]).toEqual(Object.keys(setUps));
  });

  it.each(Object.entries(setUps))('quotes what is printed: %s', async (name, setUp) => {
    const lines = await printed(await setUp());
    const quoted = [...(sections.get(name) ?? '').matchAll(/```text\n([\s\S]*?)```/g)]
      .flatMap(([, block]) => (block ?? '').split('\n'))
      .filter((line) => line !== '');
    // Of both commands: the first line of status, and at least one of doctor's checks.
    expect(quoted[0]).toMatch(/^Needs you/);
    expect(quoted).toContainEqual(expect.stringMatching(/^(passed|warned|failed|skipped) /));
    for (const line of quoted) {
      const found = line.endsWith(' …')
        ? lines.some((one) => one.startsWith(line.slice(0, -2)))
        : lines.includes(line);
      expect(found, `"${line}" is not among\n${lines.join('\n')}`).toBe(true);
    }
  });
});
