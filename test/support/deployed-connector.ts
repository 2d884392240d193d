import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createLambdaHost } from '../../bin/local/lambda-host.ts';
import type { Ledger } from '../../functions/shared/ledger.ts';
import { createLedgerStore } from '../../functions/shared/ledger-store.ts';
import { createS3ObjectStore } from '../../functions/shared/s3-object-store.ts';
import { projectRoot } from '../../lib/config.ts';
import { defaultProjectId, defaultUsername } from '../simulators/mixpanel/options.ts';
import { startMixpanel } from '../simulators/mixpanel/server.ts';
import { localPlatform } from '../simulators/platform/options.ts';
import { startPlatform } from '../simulators/platform/server.ts';
import { clientsOf, region } from './aws-clients.ts';
import type { DeployTarget } from './deploy-target.ts';
import {
  commandLineEnvironment,
  type Deployment,
  deployStack,
  readFunctions,
  takeOverMappings,
} from './deployed-stack.ts';
import { createEmulatorApi } from './emulator-api.ts';
import { deliveredRows } from './local-command.ts';
import { isOnPath } from './on-path.ts';

/** The project that is delivered; small, as what is shown here is that the parts fit. */
export const mixpanelOptions = { secret: 'mixpanel-secret', eventsPerDay: 200 };

export const hasAwsCommand = isOnPath('aws');

/** Where a window has come to its end, good or bad. */
const settled: ReadonlySet<string> = new Set(['delivered', 'rejected', 'failed']);

/** As README shows it to operators: the command, and what it sends. */
export function replayInReadme() {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  const [command, body] = /^aws sqs send-message .*--message-body '([^']+)'$/m.exec(readme) ?? [];
  if (command === undefined || body === undefined) throw new Error('README has no replay message');
  return { command, body, date: z.object({ date: z.iso.date() }).parse(JSON.parse(body)).date };
}

/** The stack as it was deployed to an emulator, its functions running here, and simulated vendors. */
export async function deployConnector(target: DeployTarget, dir: string) {
  const [server, mixpanel, platform] = await Promise.all([
    target.start(),
    startMixpanel(mixpanelOptions),
    startPlatform({ dataDir: join(dir, 'platform'), processingMs: 20 }),
  ]);
  const stopServers = () => Promise.all([mixpanel.close(), platform.close(), server.stop()]);
  try {
    const aws = clientsOf(server.url);
    const api = createEmulatorApi(server.url);
    const configFile = join(dir, 'connector.config.json');
    writeFileSync(configFile, JSON.stringify(configFor(mixpanel.url, platform.url)));
    const deployment = { endpoint: server.url, account: target.account, configFile, dir };
    await fillSecrets(aws);
    const outputs = await deployStack(deployment);
    const lines: string[] = [];
    const host = await startHost({ api, aws, deployment, onLine: (line) => lines.push(line) });
    const store = createS3ObjectStore(aws.s3, outputs.BucketName ?? '');
    return {
      url: server.url,
      outputs,
      api,
      host,
      ledgerOnceSettled: (date: string) => ledgerOnceSettled(createLedgerStore(store, Date.now), date, lines),
      /** Whatever the functions' own addresses say, an emulator has its queues under its own host. */
      sendReplay: () => sendReplay(deployment, atEmulator(outputs.ShopWindowQueueUrl, server.url)),
      async activeRows() {
        await platform.idle();
        const file = join(dir, 'active.ndjson');
        await platform.writeActive(localPlatform.datasetId, file);
        return deliveredRows(file);
      },
      async stop() {
        await host.stop(0);
        await stopServers();
      },
    };
  } catch (error) {
    await stopServers();
    throw error;
  }
}

export type DeployedConnector = Awaited<ReturnType<typeof deployConnector>>;

/** Existing secrets: not every emulator's CloudFormation makes one. */
const secretNames = { mixpanel: 'team/mixpanel', platform: 'team/platform' };

function configFor(mixpanel: string, platform: string) {
  const { orgId, sandbox, datasetId, schemaId, tenant } = localPlatform;
  const source = {
    id: 'shop',
    mixpanel: {
      projectId: String(defaultProjectId),
      baseUrl: mixpanel,
      appUrl: mixpanel,
      secretName: secretNames.mixpanel,
    },
    schedule: { lookbackDays: 0 },
    platform: {
      ...{ orgId, sandbox, datasetId, schemaId, tenant },
      baseUrl: platform,
      imsUrl: platform,
      secretName: secretNames.platform,
    },
    mapping: join(projectRoot, 'mappings/default.json'),
  };
  return { stackName: 'DeployedConnector', sources: [source] };
}

async function fillSecrets({ secrets }: ReturnType<typeof clientsOf>): Promise<void> {
  const { clientId, clientSecret } = localPlatform;
  const values = {
    [secretNames.mixpanel]: { username: defaultUsername, secret: mixpanelOptions.secret },
    [secretNames.platform]: { clientId, clientSecret },
  };
  for (const [Name, value] of Object.entries(values))
    await secrets.send(new CreateSecretCommand({ Name, SecretString: JSON.stringify(value) }));
}

interface HostRequest {
  readonly api: ReturnType<typeof createEmulatorApi>;
  readonly aws: ReturnType<typeof clientsOf>;
  readonly deployment: Deployment;
  readonly onLine: (line: string) => void;
}

/** Lambda's part, played here: an emulator runs functions in Docker, if at all. */
async function startHost({ api, aws, deployment, onLine }: HostRequest) {
  const readBack = { api, s3: aws.s3, deployment };
  const mappings = await takeOverMappings(readBack);
  const host = createLambdaHost({
    functions: await readFunctions(readBack),
    mappings,
    aws: { endpoint: deployment.endpoint, region },
    sqs: aws.sqs,
    dataDir: join(deployment.dir, 'host'),
    logDir: join(deployment.dir, 'logs'),
    onLine: (_, line) => onLine(line),
  });
  await host.start();
  return host;
}

function atEmulator(queueUrl: string | undefined, url: string): string {
  return (queueUrl ?? '').replace(/^https?:\/\/[^/]+/, url);
}

async function sendReplay(deployment: Deployment, queueUrl: string): Promise<void> {
  const { command, body } = replayInReadme();
  if (hasAwsCommand) {
    const env = { ...commandLineEnvironment(deployment), ShopWindowQueueUrl: queueUrl };
    // The first generation of the command goes by an endpoint in its environment everywhere but in SQS.
    const aws = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }';
    await promisify(execFile)('sh', ['-c', `${aws}\n${command}`], { env });
    return;
  }
  const { sqs } = clientsOf(deployment.endpoint);
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
}

/** Long enough for a machine that runs all other tests meanwhile; a quiet one needs a tenth. */
const settleMs = 150_000;

async function ledgerOnceSettled(
  ledgers: ReturnType<typeof createLedgerStore>,
  date: string,
  lines: readonly string[],
): Promise<Ledger> {
  for (const deadline = Date.now() + settleMs; Date.now() < deadline; await sleep(200)) {
    const ledger = await ledgers.read({ source: 'shop', date });
    if (settled.has(ledger.state)) return ledger;
  }
  throw new Error(`${date} did not settle; the functions said:\n${lines.slice(-50).join('\n')}`);
}
