import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { type Check, createReport } from '../../../bin/doctor/check.ts';
import { checkPlatform } from '../../../bin/doctor/check-platform.ts';
import { createClockWatch } from '../../../bin/doctor/clock-watch.ts';
import { runDoctor } from '../../../bin/doctor/run-doctor.ts';
import { haveSameClocks } from '../../../bin/operator/same-clocks.ts';
import { TerminalError } from '../../../functions/shared/errors.ts';
import { queryBudgetKey, schemaKey } from '../../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../../functions/shared/object-store.ts';
import { createTokenSource } from '../../../functions/shared/platform/ims-token.ts';
import { createPlatformClient } from '../../../functions/shared/platform/platform-client.ts';
import { type MixpanelSimulator, startMixpanel } from '../../simulators/mixpanel/server.ts';
import { localPlatform } from '../../simulators/platform/options.ts';
import { startPlatform } from '../../simulators/platform/server.ts';
import { type OperatorWorld, startOperatorWorld } from '../../support/operator-world.ts';
import { recordOutput } from '../../support/recorded-output.ts';

const dir = mkdtempSync(join(tmpdir(), 'connector-doctor-'));
const accounts = {
  good: { username: 'good.1.mp-service-account', secret: 's1' },
  soon: { username: 'soon.1.mp-service-account', secret: 's2', expiresAt: Date.now() + 5 * 86_400_000 },
  elsewhere: { username: 'other.1.mp-service-account', secret: 's3', projectIds: [77] },
  silent: { username: 'silent.1.mp-service-account', secret: 's4', userDetails: false },
};
let mixpanel: MixpanelSimulator;
let platform: Awaited<ReturnType<typeof startPlatform>>;
beforeAll(async () => {
  mixpanel = await startMixpanel({
    projects: [
      { projectId: 2195193, timezone: 'US/Pacific', legacy: true, organizationId: 5 },
      { projectId: 77, organizationId: 5 },
    ],
    accounts: Object.values(accounts),
    eventsPerDay: 300,
    // The tests ask faster, one after the other, than Mixpanel would let one project.
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

let world: OperatorWorld | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await world?.close();
  world = undefined;
});

interface Given {
  readonly mixpanel?: object;
  readonly platform?: object;
  readonly mapping?: string;
  readonly account?: keyof typeof accounts | 'none';
  readonly clientSecret?: string;
}

async function setUp({ account = 'good', clientSecret = localPlatform.clientSecret, ...given }: Given = {}) {
  const { orgId, sandbox, datasetId, schemaId, tenant } = localPlatform;
  world = await startOperatorWorld([
    {
      id: 'shop',
      mixpanel: { timezone: 'US/Pacific', baseUrl: mixpanel.url, appUrl: mixpanel.url, ...given.mixpanel },
      platform: {
        ...{ orgId, sandbox, datasetId, schemaId, tenant, baseUrl: platform.url, imsUrl: platform.url },
        ...given.platform,
      },
      ...(given.mapping === undefined ? {} : { mapping: given.mapping }),
    },
  ]);
  const fill = (kind: string, value: object) =>
    world?.aws.secrets.send(
      new PutSecretValueCommand({
        SecretId: `OperatorTest/shop/${kind}`,
        SecretString: JSON.stringify(value),
      }),
    );
  if (account !== 'none') {
    const { username, secret } = accounts[account];
    await fill('mixpanel', { username, secret });
  }
  await fill('platform', { clientId: localPlatform.clientId, clientSecret });
  return world;
}

const exportsAsked = () => mixpanel.requests().filter(({ path }) => path.includes('/export')).length;

const resultSchema = z.strictObject({
  checks: z.array(
    z.strictObject({
      source: z.string().optional(),
      name: z.string(),
      state: z.enum(['passed', 'warned', 'failed', 'skipped']),
      text: z.string(),
      remedy: z.string().optional(),
    }),
  ),
  queriesSpent: z.int(),
});

async function doctor(options: Readonly<Record<string, unknown>> = {}) {
  const { output, json } = recordOutput();
  const code = await runDoctor({ data: world?.dir, json: true, ...options }, output);
  const { checks, queriesSpent } = resultSchema.parse(json());
  const bad = checks.filter(({ state }) => state === 'warned' || state === 'failed');
  return { code, checks, queriesSpent, bad };
}

describe('connector doctor', () => {
  it('passes everything of a set-up that is right, in order, and spends one export query', async () => {
    await setUp();
    const before = exportsAsked();
    const { code, checks, queriesSpent } = await doctor();
    expect(checks.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual([
      ...['Configuration', 'AWS access', 'Stack', 'Mixpanel secret', 'Platform secret', 'Mixpanel login'],
      ...[
        'Project id',
        'Region',
        'Time zone',
        'Service account',
        'Time storage',
        'Platform login',
        'Sandbox',
      ],
      ...['Dataset', 'Schema', 'Guardrails', 'Clock'],
    ]);
    expect(checks.find(({ name }) => name === 'Time storage')?.text).toContain('stored as "project"');
    expect(code).toBe(0);
    expect(queriesSpent).toBe(1);
    expect(exportsAsked()).toBe(before + 1);
  });

  it('says nothing of a line that is no event but that it is none', async () => {
    await setUp();
    mixpanel.setFaults([{ kind: 'badLine', line: 'ann@example.com', afterRows: 10 }]);
    const { bad } = await doctor();
    mixpanel.setFaults([]);
    const remedy = expect.stringMatching(/^try again later/);
    expect(bad).toEqual([expect.objectContaining({ name: 'Time storage', state: 'failed', remedy })]);
    expect(JSON.stringify(bad)).toContain('a line that is no event');
    expect(JSON.stringify(bad)).not.toContain('ann@');
  });

  it('blames neither credential nor settings for a Mixpanel that is down, and both for a refused export', async () => {
    const remedyAt = async (status: 403 | 503) => {
      mixpanel.setFaults([{ kind: 'status', status }]);
      const { bad } = await doctor();
      mixpanel.setFaults([]);
      return bad.map(({ name, remedy }) => `${name}: ${remedy}`);
    };
    await setUp();
    const later = 'try again later; if it goes on, look at the network, then ask Mixpanel support';
    expect(await remedyAt(503)).toEqual([`Time storage: ${later}`]);
    const together = 'the credential, mixpanel.projectId and mixpanel.region must belong together';
    expect(await remedyAt(403)).toEqual([`Time storage: ${together}`]);
  });

  it('spends no query with --no-query, nor where the budget of the hour has none left', async () => {
    const { store } = await setUp();
    const before = exportsAsked();
    expect(await doctor({ query: false })).toMatchObject({ code: 0, queriesSpent: 0 });
    const queries = Array.from({ length: 50 }, (_, index) => Date.now() - 60_000 - index);
    await store.put(queryBudgetKey('2195193'), JSON.stringify({ version: 1, queries, blockedUntil: 0 }));
    const { bad, queriesSpent } = await doctor();
    expect(bad).toEqual([expect.objectContaining({ name: 'Time storage', state: 'warned' })]);
    expect(queriesSpent).toBe(0);
    expect(exportsAsked()).toBe(before);
  });

  it('says of a project whose queries are spent that it is to be tried later', async () => {
    const spent = await startMixpanel({
      projects: [{ projectId: 2195193, timezone: 'US/Pacific', organizationId: 5 }],
      accounts: [accounts.good],
      eventsPerDay: 300,
      hourlyLimit: 1,
    });
    try {
      await setUp({ mixpanel: { baseUrl: spent.url, appUrl: spent.url } });
      expect((await doctor()).code).toBe(0);
      const { code, bad } = await doctor();
      const text = expect.stringContaining('no more queries');
      expect({ code, bad }).toEqual({
        code: 0,
        bad: [expect.objectContaining({ name: 'Time storage', state: 'warned', text })],
      });
    } finally {
      await spent.close();
    }
  });

  it.each<[string, Given, { name: string; state: string; text: string; remedy: string }]>([
    [
      'an empty secret',
      { account: 'none' },
      { name: 'Mixpanel secret', state: 'failed', text: 'username', remedy: 'fill it' },
    ],
    [
      'a project of others',
      { account: 'elsewhere' },
      { name: 'Project id', state: 'failed', text: 'it may open 77', remedy: 'add the service account' },
    ],
    [
      'another region',
      { mixpanel: { region: 'eu' } },
      { name: 'Region', state: 'failed', text: 'is in us, and not in eu', remedy: 'mixpanel.region to "us"' },
    ],
    [
      'another time zone',
      { mixpanel: { timezone: 'Europe/Madrid', timestamps: 'project' } },
      { name: 'Time zone', state: 'failed', text: 'US/Pacific', remedy: 'mixpanel.timezone to "US/Pacific"' },
    ],
    [
      'time read wrongly',
      { mixpanel: { timestamps: 'utc' } },
      {
        name: 'Time storage',
        state: 'failed',
        text: 'stored as "project", and "utc" is in use',
        remedy: 'set mixpanel.timestamps',
      },
    ],
    [
      'an account that expires',
      { account: 'soon' },
      { name: 'Service account', state: 'warned', text: 'expires in ', remedy: 'make a new service account' },
    ],
    [
      'an account that may see nothing',
      { account: 'silent' },
      { name: 'Mixpanel login', state: 'warned', text: 'may not see', remedy: 'the export query' },
    ],
    [
      'a wrong client secret',
      { clientSecret: 'wrong' },
      { name: 'Platform login', state: 'failed', text: 'HTTP 4', remedy: 'Developer Console' },
    ],
    [
      'another sandbox',
      { platform: { sandbox: 'dev' } },
      { name: 'Sandbox', state: 'failed', text: '403', remedy: 'sandbox dev' },
    ],
    [
      'another tenant',
      { platform: { tenant: 'acme' } },
      {
        name: 'Sandbox',
        state: 'failed',
        text: 'its tenant is simtenant',
        remedy: 'platform.tenant to "simtenant"',
      },
    ],
    [
      'a dataset that is not there',
      { platform: { datasetId: '65f0000000000000000000ff' } },
      { name: 'Dataset', state: 'failed', text: 'there is no dataset', remedy: 'connector setup' },
    ],
    [
      'a schema that is not there',
      { platform: { schemaId: 'https://ns.adobe.com/simtenant/schemas/none' } },
      { name: 'Schema', state: 'failed', text: 'there is no schema', remedy: 'connector setup' },
    ],
    [
      'a dataset for Profile that is not meant to be',
      { platform: { profile: false } },
      { name: 'Dataset', state: 'warned', text: 'feeds Profile', remedy: 'platform.profile to true' },
    ],
  ])('finds %s, and says what to do', async (_, given, { name, state, text, remedy }) => {
    await setUp(given);
    const { code, bad } = await doctor();
    expect(bad).toContainEqual(
      expect.objectContaining({
        name,
        state,
        text: expect.stringContaining(text),
        remedy: expect.stringContaining(remedy),
      }),
    );
    expect(code).toBe(bad.some((one) => one.state === 'failed') ? 1 : 0);
  });

  it('finds a mapping set that writes what the schema has not', async () => {
    const mapping = join(dir, 'mapping.json');
    writeFileSync(mapping, JSON.stringify([{ source: 'event', destination: 'web.webPageDetails.nmae' }]));
    await setUp({ mapping });
    expect((await doctor({ query: false })).bad).toEqual([
      expect.objectContaining({
        name: 'Schema',
        text: expect.stringContaining('rule 1 (web.webPageDetails.nmae)'),
      }),
    ]);
  });

  it('keeps the schema that it read, so that deliveries go by it at once', async () => {
    const { store } = await setUp();
    const { schemaId } = localPlatform;
    const before = { version: 1, schemaId, fetchedAt: new Date().toISOString(), schema: { $id: 'before' } };
    await store.put(schemaKey('shop'), JSON.stringify(before));
    const { checks } = await doctor({ query: false });
    expect(checks.find(({ name }) => name === 'Schema')?.text).toMatch(
      /every field that the \d+ rules write; deliveries go by it from now on$/,
    );
    const kept = await store.getText(schemaKey('shop'));
    expect(JSON.parse(kept?.text ?? '')).toMatchObject({ schemaId, schema: { $id: schemaId } });
  });

  it.each([
    ['there is no bucket yet', () => undefined, 'passed', 'rules write'],
    [
      'the bucket refuses to be written',
      (store: ObjectStore) => ({
        ...store,
        put: async () => {
          throw new TerminalError('aws_denied', 'AccessDenied');
        },
      }),
      'warned',
      'could not be kept in the archive bucket: AccessDenied',
    ],
  ])('checks the schema as well where %s', async (_, storeOf, state, text) => {
    const { store, settings: all } = await setUp();
    const [settings] = all;
    if (settings === undefined) throw new Error('the configuration has no source');
    const { clientId, clientSecret } = localPlatform;
    const read = async () => ({ clientId, clientSecret });
    const secret = { get: read, refresh: read };
    const tokens = createTokenSource({ ...settings.platform, secret, clock: Date.now });
    const client = createPlatformClient({ ...settings.platform, tokens, clock: Date.now });
    const checks: Check[] = [];
    const report = createReport('shop', (check) => checks.push(check));
    await checkPlatform(report, { settings, tokens, client, store: storeOf(store) });
    expect(checks.find(({ name }) => name === 'Schema')).toMatchObject({
      state,
      text: expect.stringContaining(text),
    });
  });

  it('goes on without AWS by the credentials in the environment', async () => {
    const { dir: data } = await setUp();
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('MIXPANEL_USERNAME', accounts.good.username);
    vi.stubEnv('MIXPANEL_SECRET', accounts.good.secret);
    const config = join(data, 'connector.config.json');
    const { code, checks, queriesSpent } = await doctor({ data: undefined, config });
    const stateOf = (name: string) => checks.find((check) => check.name === name)?.state;
    expect({ code, queriesSpent }).toEqual({ code: 1, queriesSpent: 1 });
    expect(stateOf('AWS access')).toBe('failed');
    expect(stateOf('Mixpanel secret')).toBe('warned');
    expect(stateOf('Time storage')).toBe('passed');
    expect(stateOf('Platform login')).toBe('skipped');
  });

  it('names what is wrong with the configuration, and exits with 2', async () => {
    const config = join(dir, 'bad.json');
    writeFileSync(config, '{"sources":[]}');
    const { code, bad } = await doctor({ data: undefined, config });
    expect(code).toBe(2);
    expect(bad[0]).toMatchObject({
      name: 'Configuration',
      text: expect.stringContaining('must have 1 to 20 sources'),
    });
  });
});

describe('the parts of it', () => {
  it.each([
    ['US/Pacific', 'America/Los_Angeles', true],
    ['Etc/UTC', 'UTC', true],
    ['America/Los_Angeles', 'America/Phoenix', false],
    ['Europe/Madrid', 'Europe/Paris', true],
    ['Europe/London', 'UTC', false],
  ])('say whether %s and %s have the same clocks: %s', (one, other, same) => {
    expect(haveSameClocks(one, other, Date.parse('2026-03-08T00:00:00Z'))).toBe(same);
  });

  it('tell a clock that is wrong from answers that are slow', () => {
    const date = 'Sun, 08 Mar 2026 12:00:00 GMT';
    const watchAt = (iso: string) => {
      const watch = createClockWatch(() => Date.parse(iso));
      watch.take({ date });
      return watch.outcome();
    };
    expect(watchAt('2026-03-08T12:00:05Z').state).toBe('passed');
    expect(watchAt('2026-03-08T12:03:00Z')).toMatchObject({
      state: 'warned',
      text: 'this machine is 180 s ahead of the vendors',
    });
    expect(watchAt('2026-03-08T11:50:00Z')).toMatchObject({
      text: 'this machine is 600 s behind the vendors',
    });
    expect(createClockWatch(Date.now).outcome().state).toBe('skipped');
  });
});
