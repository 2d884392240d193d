import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { runDoctor } from '../../bin/doctor/run-doctor.ts';
import { mixpanelSecretSchema } from '../../functions/shared/mixpanel/credentials.ts';
import { createMixpanelClient } from '../../functions/shared/mixpanel/mixpanel-client.ts';
import { createTokenSource, platformSecretSchema } from '../../functions/shared/platform/ims-token.ts';
import { createSecretReader } from '../../functions/shared/secret-reader.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import { type MixpanelSimulator, startMixpanel } from '../simulators/mixpanel/server.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { startPlatform } from '../simulators/platform/server.ts';
import { type OperatorWorld, startOperatorWorld } from '../support/operator-world.ts';
import { recordOutput } from '../support/recorded-output.ts';
import { runbookSections } from '../support/runbook.ts';

const heading = 'Rotate a secret';
const dir = mkdtempSync(join(tmpdir(), 'connector-rotation-'));
const first = { username: 'first.1.mp-service-account', secret: 's1' };
const second = { username: 'second.1.mp-service-account', secret: 's2' };
/** What Mixpanel knows; the first account is deleted there at the end. */
const accounts = [first, second];
let mixpanel: MixpanelSimulator;
let platform: Awaited<ReturnType<typeof startPlatform>>;
let world: OperatorWorld;
beforeAll(async () => {
  mixpanel = await startMixpanel({ projects: [{ projectId: 7 }], accounts, eventsPerDay: 3 });
  platform = await startPlatform({ dataDir: join(dir, 'platform'), processingMs: 1 });
  const { orgId, sandbox, datasetId, schemaId, tenant } = localPlatform;
  world = await startOperatorWorld([
    {
      id: 'shop',
      mixpanel: { projectId: 7, baseUrl: mixpanel.url, appUrl: mixpanel.url },
      platform: { orgId, sandbox, datasetId, schemaId, tenant, baseUrl: platform.url, imsUrl: platform.url },
    },
  ]);
});
afterAll(async () => {
  await world.close();
  await mixpanel.close();
  await platform.close();
  rmSync(dir, { recursive: true, force: true });
});
afterEach(() => vi.unstubAllEnvs());

const secretId = (kind: 'mixpanel' | 'platform') => `${world.stackName}/shop/${kind}`;
const put = (kind: 'mixpanel' | 'platform', value: object) =>
  world.aws.secrets.send(
    new PutSecretValueCommand({ SecretId: secretId(kind), SecretString: JSON.stringify(value) }),
  );

async function doctor(): Promise<string> {
  const recorded = recordOutput();
  await runDoctor({ data: world.dir, source: 'shop', query: false }, recorded.output);
  return recorded.text();
}

describe('the rotation of each secret, as the runbook has it', () => {
  it('says what is put into which secret, from a file', () => {
    const section = runbookSections().get(heading) ?? '';
    const fieldsOf = (json = '{}') => Object.keys(z.record(z.string(), z.unknown()).parse(JSON.parse(json)));
    const [, file, json] = /into a file\s`([^`]+)`, as `(\{[^`]+\})`/.exec(section) ?? [];
    expect(fieldsOf(json)).toEqual(Object.keys(second));
    expect(section).toContain(`--secret-id MixpanelConnector/shop/mixpanel --secret-string file://${file}\n`);
    const ofPlatform = /into `MixpanelConnector\/shop\/platform` in the\ssame way, as `(\{[^`]+\})`/;
    expect(fieldsOf(ofPlatform.exec(section)?.[1])).toEqual(['clientId', 'clientSecret']);
    expect(section).toContain('npx connector doctor --no-query --source shop');
  });

  it('lets a function at work go on with the new one, once the old one is deleted at the vendor', async () => {
    const { clientId, clientSecret } = localPlatform;
    await put('mixpanel', first);
    await put('platform', { clientId, clientSecret: 'the-first-one' });
    // As functions hold them, in memory since their first invocation.
    const credentials = createSecretReader(world.aws.secrets, secretId('mixpanel'), mixpanelSecretSchema);
    const secret = createSecretReader(world.aws.secrets, secretId('platform'), platformSecretSchema);
    await Promise.all([credentials.get(), secret.get()]);
    await put('mixpanel', second);
    await put('platform', { clientId, clientSecret });
    expect(await doctor()).toContain(' 0 failed');
    accounts.shift();
    const client = createMixpanelClient({
      baseUrl: mixpanel.url,
      projectId: '7',
      credentials,
      secretId: secretId('mixpanel'),
      clock: Date.now,
    });
    const day = newestSettledWindow(Date.now(), 'UTC');
    const answer = await client.exportWindow({ fromDate: day, toDate: day });
    answer.body.resume();
    expect(answer.requests).toBe(2);
    const tokens = createTokenSource({ imsUrl: platform.url, scopes: 'openid', secret, clock: Date.now });
    expect((await tokens.get()).clientId).toBe(clientId);
  });
});
