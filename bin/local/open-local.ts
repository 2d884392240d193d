import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { createS3ObjectStore } from '../../functions/shared/s3-object-store.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import type { ConnectorConfig } from '../../lib/config.ts';
import type { LambdaLimits } from './counted-invocation.ts';
import type { LocalCredentials } from './credentials.ts';
import { fillSecrets } from './fill-secrets.ts';
import { type FunctionDefinition, localCredentials, localRegion } from './function-definition.ts';
import { functionsOf, mappingsOf } from './functions-in-template.ts';
import { createLambdaHost, type LambdaHost } from './lambda-host.ts';
import { withSimulators } from './local-config.ts';
import { localConfigFile, localOutputsFile } from './local-files.ts';
import type { LocalOptions, LocalWork } from './local-options.ts';
import type { LocalAws } from './provision-resource.ts';
import { outputsOf, provisionStack } from './provision-stack.ts';
import type { SynthesizedStack } from './template-schema.ts';
import { type LocalServers, startServers } from './vendor-servers.ts';

export interface OpenRequest {
  readonly options: LocalOptions;
  readonly work: LocalWork;
  /** What is to run, with the real vendors' addresses where simulators will be put. */
  readonly config: ConnectorConfig;
  readonly credentials: LocalCredentials;
  readonly dataDir: string;
  readonly onFunctionLine: (functionName: string, line: string) => void;
  readonly onServers: (servers: LocalServers) => void;
  readonly limits?: LambdaLimits;
}

/** One source of the running stack. */
export interface LocalSource {
  readonly settings: SourceSettings;
  readonly planFunctionId: string;
}

/** The whole connector, set up on this machine; its host does not poll yet. */
export interface LocalConnector {
  readonly sources: readonly LocalSource[];
  readonly host: LambdaHost;
  readonly sqs: SQSClient;
  readonly workQueues: readonly string[];
  readonly deadLetterQueues: readonly string[];
  readonly store: ObjectStore;
  /** The archive as plain folders, laid out by key. */
  readonly archiveDir: string;
  /** One file for each function and server. */
  readonly logDir: string;
  readonly servers: LocalServers;
}

/**
 * Starts the servers, synthesizes the stack, makes its resources in the embedded AWS and fills its secrets.
 *
 * @throws {ConfigError} when a port is in use, or the configuration can't be deployed; nothing stays running.
 */
export async function openLocal(request: OpenRequest): Promise<LocalConnector> {
  const logDir = join(request.dataDir, 'logs');
  mkdirSync(logDir, { recursive: true });
  // CDK takes a second to load; the servers take as long to start.
  const loadingCdk = import('./synthesize.ts');
  loadingCdk.catch(() => {});
  const servers = await startServers({ ...request, sources: request.config.sources, logDir });
  try {
    request.onServers(servers);
    const config = withAddresses(request.config, servers);
    writeJson(localConfigFile(request.dataDir), config);
    const { synthesize } = await loadingCdk;
    const stack = synthesize(config, join(request.dataDir, 'cdk.out'));
    return await deployLocally({ request, config, stack, servers, logDir });
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

function withAddresses(config: ConnectorConfig, { vendors }: LocalServers): ConnectorConfig {
  const real = { mixpanel: undefined, platform: undefined };
  const sources = config.sources.map((source) => withSimulators(source, vendors.get(source.id) ?? real));
  return { ...config, sources };
}

interface Deployment {
  readonly request: OpenRequest;
  readonly config: ConnectorConfig;
  readonly stack: SynthesizedStack;
  readonly servers: LocalServers;
  readonly logDir: string;
}

/** Does what CloudFormation and an operator do for a real stack: makes its resources and fills its secrets. */
async function deployLocally({
  request,
  config,
  stack,
  servers,
  logDir,
}: Deployment): Promise<LocalConnector> {
  const { dataDir, credentials, onFunctionLine, limits } = request;
  const aws = createClients(servers.aws.url);
  const scope = await provisionStack(stack, aws);
  await fillSecrets(aws, config, credentials);
  writeJson(localOutputsFile(dataDir), { [stack.name]: outputsOf(stack, scope) });
  const { functionTimeout } = request.options;
  const functions = functionsOf(stack, scope).map((definition) => stoppedAfter(definition, functionTimeout));
  const mappings = mappingsOf(stack, scope);
  const bucket = variable(functions, 'BUCKET_NAME')[0] ?? '';
  const host = createLambdaHost({
    functions,
    mappings,
    aws: { endpoint: servers.aws.url, region: localRegion },
    sqs: aws.sqs,
    dataDir: join(dataDir, 'host'),
    logDir,
    onLine: onFunctionLine,
    ...(limits === undefined ? {} : { limits }),
  });
  return {
    sources: config.sources.map((settings) => ({
      settings,
      planFunctionId: planFunction(functions, settings.id),
    })),
    host,
    sqs: aws.sqs,
    workQueues: mappings.map((mapping) => mapping.queueUrl),
    deadLetterQueues: [
      ...variable(functions, 'WINDOW_DEAD_LETTER_QUEUE_URL'),
      ...variable(functions, 'LOAD_DEAD_LETTER_QUEUE_URL'),
    ],
    store: createS3ObjectStore(aws.s3, bucket),
    archiveDir: join(dataDir, 'aws', 's3', bucket),
    logDir,
    servers,
  };
}

function stoppedAfter(definition: FunctionDefinition, seconds: number | undefined): FunctionDefinition {
  if (seconds === undefined) return definition;
  return { ...definition, timeoutMs: Math.min(definition.timeoutMs, seconds * 1000) };
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

function createClients(endpoint: string): LocalAws {
  const common = { endpoint, region: localRegion, credentials: localCredentials };
  return {
    s3: new S3Client(common),
    // Every poller holds a connection while it waits; twenty sources have more than the SDK's limit of 50.
    sqs: new SQSClient({
      ...common,
      useQueueUrlAsEndpoint: false,
      requestHandler: { httpAgent: { maxSockets: 1000 }, socketAcquisitionWarningTimeout: 60_000 },
    }),
    secrets: new SecretsManagerClient(common),
  };
}

/** Each value that a variable has in the functions' environments. */
function variable(functions: readonly FunctionDefinition[], name: string): string[] {
  return [...new Set(functions.flatMap(({ variables }) => variables[name] ?? []))];
}

function planFunction(functions: readonly FunctionDefinition[], sourceId: string): string {
  const found = functions.find(
    ({ logicalId, variables }) =>
      logicalId.includes('PlanWindows') && new RegExp(`"id":"${sourceId}"`).test(variables.SOURCE ?? ''),
  );
  if (found === undefined) throw new Error(`the template has no plan function for ${sourceId}`);
  return found.logicalId;
}
