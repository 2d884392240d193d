import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { handler } from '../../functions/plan-windows/handler.ts';
import { ledgerKey } from '../../functions/shared/object-keys.ts';
import { windowsBetween } from '../../functions/shared/window.ts';
import { secretName } from '../../lib/source-names.ts';
import { defaultUsername } from '../simulators/mixpanel/options.ts';
import { startMixpanel } from '../simulators/mixpanel/server.ts';
import { contextWith } from '../support/lambda-invocation.ts';
import { aDelivery, aLedger } from '../support/ledgers.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';

const day = 86_400_000;
const context = contextWith(() => 60_000);

let world: OperatorWorld;
let mixpanel: Awaited<ReturnType<typeof startMixpanel>>;
beforeAll(async () => {
  mixpanel = await startMixpanel({
    projects: [{ projectId: 7, organizationId: 5 }],
    accounts: [{ username: defaultUsername, secret: 's', expiresAt: Date.now() + 30 * day }],
  });
  world = await startOperatorWorld([
    {
      id: 'shop',
      mixpanel: { projectId: 7, timestamps: 'utc', appUrl: mixpanel.url },
      schedule: { lookbackDays: 2 },
    },
  ]);
  const SecretId = secretName(world.stackName, 'shop', 'mixpanel');
  const SecretString = JSON.stringify({ username: defaultUsername, secret: 's' });
  await world.aws.secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
  const variables = {
    ...world.awsVariables,
    STACK_NAME: world.stackName,
    SOURCE: JSON.stringify(world.settings[0]),
    BUCKET_NAME: world.outputs.BucketName ?? '',
    WINDOW_QUEUE_URL: world.outputs.ShopWindowQueueUrl ?? '',
    MIXPANEL_SECRET_ID: SecretId,
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  vi.unstubAllEnvs();
  await mixpanel.close();
  await world.close();
});

/** An invocation of the deployed function: what it answered, the metrics that it printed, the windows it asked for. */
async function invoke(event: unknown) {
  const measured: Record<string, unknown> = {};
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    const line = z.looseObject({ _aws: z.unknown() }).parse(JSON.parse(String(text)));
    if (line._aws !== undefined) Object.assign(measured, line);
    return true;
  });
  const answer = await handler(event, context);
  vi.restoreAllMocks();
  const { Messages = [] } = await world.aws.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: world.outputs.ShopWindowQueueUrl, MaxNumberOfMessages: 10 }),
  );
  return { answer, measured, asked: Messages.length };
}

it.each([[{}], [undefined], [{ time: '2026-03-09T03:30:00Z', 'detail-type': 'Scheduled Event' }]])(
  'plans the windows that are due and looks how the source fares, whatever the event: %j',
  async (event) => {
    const { answer, measured, asked } = await invoke(event);
    expect(answer.windows).toHaveLength(3);
    expect(asked).toBe(3);
    expect(measured).toMatchObject({ Stack: world.stackName, Source: 'shop', WindowsLate: 0 });
    expect(measured.CredentialDaysLeft).toBeCloseTo(30, 1);
  },
);

it('only looks, at the event of the hourly schedule: no window is asked for and Mixpanel is left alone', async () => {
  const before = mixpanel.stats().requests;
  const { answer, measured, asked } = await invoke({ watch: true });
  expect(answer.windows).toEqual([]);
  expect(asked).toBe(0);
  expect(measured).toMatchObject({ WindowsLate: 0 });
  expect(measured).not.toHaveProperty('CredentialDaysLeft');
  expect(mixpanel.stats().requests).toBe(before);
});

/** Objects read and written by an hourly look. */
async function requestsOfLook() {
  const counted = async () => {
    const stats: unknown = await (await fetch(`${world.awsUrl}/_sim/stats`)).json();
    const { calls } = z.object({ calls: z.record(z.string(), z.number()) }).parse(stats);
    return { read: calls['s3.GetObject'] ?? 0, written: calls['s3.PutObject'] ?? 0 };
  };
  const before = await counted();
  const { measured } = await invoke({ watch: true });
  const after = await counted();
  return { measured, read: after.read - before.read, written: after.written - before.written };
}

it('reads each hour the ledgers that have changed since the last, of hundreds, and its own note of the others', async () => {
  const put = (date: string, changes: Parameters<typeof aLedger>[1] = {}) =>
    world.store.put(
      ledgerKey({ source: 'shop', date }),
      JSON.stringify(aLedger(date, { deliveries: [aDelivery({ reason: null })], ...changes })),
    );
  for (const date of windowsBetween('2025-01-01', '2025-07-19')) await put(date);
  await invoke({ watch: true });
  const unchanged = await requestsOfLook();
  // Its note, and the record of looks. How the source stores time is configured, and so not read.
  expect(unchanged).toMatchObject({ read: 2, written: 0 });
  await put('2025-03-01', { state: 'failed', error: 'x' });
  await put('2025-03-02', { state: 'failed', error: 'x' });
  const { measured, ...requests } = await requestsOfLook();
  expect(requests).toEqual({ read: 2 + 2, written: 1 });
  expect(measured.WindowsLate).toBe(Number(unchanged.measured.WindowsLate) + 2);
});
