import { type Check, createReport } from '../../bin/doctor/check.ts';
import { checkPlatform } from '../../bin/doctor/check-platform.ts';
import { readPreview } from '../../bin/reconcile/batch-preview.ts';
import { createBatches } from '../../functions/shared/platform/batches.ts';
import { createTokenSource } from '../../functions/shared/platform/ims-token.ts';
import { createInlet } from '../../functions/shared/platform/inlet.ts';
import { createPlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { createRefusedRows } from '../../functions/shared/platform/refused-rows.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { createLoadWorld, deliver, eventLines } from './load-world.ts';
import type { SentRequest } from './open-api.ts';
import { startRecordingProxy } from './recording-proxy.ts';
import { startSetupWorld } from './setup-world.ts';

/**
 * Everything that a delivery may ask of Platform: two runs, refused rows, a window that becomes empty, a batch that
 * fails; and what doctor and a reconciliation ask about the same source.
 */
export async function recordDelivery(): Promise<readonly SentRequest[]> {
  const world = await createLoadWorld();
  const proxy = await startRecordingProxy(world.platform.url);
  try {
    const { settings } = world.deps;
    const { platform } = settings;
    const clock = Date.now;
    const secret = { clientId: localPlatform.clientId, clientSecret: localPlatform.clientSecret };
    const reader = { get: async () => secret, refresh: async () => secret };
    const tokens = createTokenSource({ imsUrl: proxy.url, scopes: platform.scopes, secret: reader, clock });
    const client = createPlatformClient({ ...platform, baseUrl: proxy.url, tokens, clock });
    const recorded = {
      batches: createBatches(client, platform.wire),
      refusedRows: createRefusedRows(client, platform.wire),
    };
    const run = async (name: string, lines: readonly string[]) => {
      await world.storeRun(name, lines, 20);
      await world.drain(deliver(name), recorded);
    };
    world.platform.addFault({ outcome: 'partial', rows: 1, nth: 2 });
    await run('r1', eventLines(40));
    await run('r2', eventLines(40, 'new'));
    await run(
      'r3',
      eventLines(1).map((line) => line.replace('e0', 'bad')),
    );
    await run('r4', []);
    world.platform.addFault({ outcome: 'failed' });
    await run('r5', eventLines(1));
    const { activeBatch } = await world.ledger();
    await recorded.batches.list(platform.datasetId, 0, 0);
    const asked = { batchId: activeBatch ?? 'none', datasetId: platform.datasetId, format: 'json', rows: 10 };
    await readPreview(client, asked);
    const checks: Check[] = [];
    await checkPlatform(
      createReport(undefined, (check) => checks.push(check)),
      { settings, tokens, client, store: world.store },
    );
    const unsound = checks.filter(({ state }) => state !== 'passed');
    if (unsound.length > 0) throw new Error(`doctor asked no further: ${JSON.stringify(unsound)}`);
    return proxy.requests;
  } finally {
    await proxy.close();
    await world.close();
  }
}

const tenant = '_$' + '{TENANT}';
const first = { [`${tenant}.plan`]: 'properties.plan' };
const later = {
  ...first,
  [`${tenant}.city`]: 'properties.city',
  'marketing.campaignName': 'properties.utm_campaign',
};

/**
 * Everything that setup may ask of Platform: a streamed source with an identity and Profile made from nothing, run
 * again with its ids known, grown; and rows sent to the inlet that it made.
 */
export async function recordSetup(): Promise<readonly SentRequest[]> {
  const world = await startSetupWorld();
  const proxy = await startRecordingProxy(world.platform.url);
  try {
    const place = { baseUrl: proxy.url, imsUrl: proxy.url, delivery: 'streaming', profile: true };
    world.configure({ id: 'shop', platform: place, mapping: world.map(first) });
    await world.setup({ identity: 'plan=MIXPANEL' });
    world.map(later);
    await world.setup({ identity: 'plan=MIXPANEL', grow: true });
    const { datasetId = '', schemaId = '', inletUrl = '', flowId } = world.ids();
    const { orgId } = localPlatform;
    const inlet = createInlet({ orgId, datasetId, schemaId, inletUrl, flowId, client: await world.client() });
    const row = {
      _id: 'a',
      timestamp: '2026-03-08T10:00:00.000Z',
      [`_${localPlatform.tenant}`]: { plan: 'x' },
    };
    await inlet.send(
      [JSON.stringify(row), JSON.stringify({ ...row, _id: 'b' })],
      new AbortController().signal,
    );
    return proxy.requests;
  } finally {
    await proxy.close();
    await world.close();
  }
}
