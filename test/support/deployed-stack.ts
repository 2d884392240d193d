import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import type { FunctionDefinition, QueueMapping } from '../../bin/local/function-definition.ts';
import { shortName } from '../../bin/local/functions-in-template.ts';
import { projectRoot } from '../../lib/config.ts';
import { region } from './aws-clients.ts';
import type { DeployedFunction, EmulatorApi } from './emulator-api.ts';
import { readZip } from './read-zip.ts';

const run = promisify(execFile);

/** moto takes a template's address for one of S3 only where it contains this word, which so becomes the buckets' prefix. */
const qualifier = 'localhost';
const qualifierFlag = ['-c', `@aws-cdk/core:bootstrapQualifier=${qualifier}`];

export interface Deployment {
  readonly endpoint: string;
  readonly account: string;
  readonly configFile: string;
  /** Gets the assembly, the outputs and a home of the command line's own. */
  readonly dir: string;
}

/** What any AWS command line finds in its environment; the home keeps its caches apart from the user's. */
export function commandLineEnvironment({ endpoint, account, dir }: Deployment): Record<string, string> {
  const home = join(dir, 'home');
  mkdirSync(home, { recursive: true });
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: region,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CI: '1',
  };
}

/** Synthesises, bootstraps and deploys by CDK's own command line. @returns the stack's outputs. */
export async function deployStack(deployment: Deployment): Promise<Readonly<Record<string, string>>> {
  const assembly = join(deployment.dir, 'cdk.out');
  const outputs = join(deployment.dir, 'outputs.json');
  const env = commandLineEnvironment(deployment);
  const cdk = (...args: readonly string[]) =>
    run(process.execPath, [join(projectRoot, 'node_modules/aws-cdk/bin/cdk'), ...args, '--no-notices'], {
      cwd: projectRoot,
      env,
      maxBuffer: 16 * 1024 * 1024,
    });
  await cdk('synth', '--quiet', '-o', assembly, '-c', `config=${deployment.configFile}`, ...qualifierFlag);
  const environment = `aws://${deployment.account}/${region}`;
  await cdk('bootstrap', environment, '--app', assembly, '--qualifier', qualifier, ...qualifierFlag);
  // Of a change set, moto keeps no outputs.
  const direct = ['--method=direct', '--require-approval', 'never', '--outputs-file', outputs];
  await cdk('deploy', '--app', assembly, ...direct, ...qualifierFlag);
  const [stack] = Object.values(
    z.record(z.string(), z.record(z.string(), z.string())).parse(JSON.parse(readFileSync(outputs, 'utf8'))),
  );
  if (stack === undefined) throw new Error('cdk deploy wrote no outputs');
  return stack;
}

export interface ReadBack {
  readonly api: EmulatorApi;
  readonly s3: S3Client;
  readonly deployment: Deployment;
}

/** The functions as Lambda has them, with the code that was uploaded for each. */
export async function readFunctions({ api, s3, deployment }: ReadBack): Promise<FunctionDefinition[]> {
  const bucket = `cdk-${qualifier}-assets-${deployment.account}-${region}`;
  const zips = await zipsIn(s3, bucket);
  return (await api.functions()).map((deployed) => {
    const zip = zips.get(deployed.CodeSha256);
    if (zip === undefined) throw new Error(`${bucket} has no code of ${deployed.FunctionName}`);
    return definitionOf(deployed, unpack(zip, join(deployment.dir, 'code', deployed.FunctionName)));
  });
}

/** The queues' mappings, switched off in the emulator: this host is to take the messages, and nobody else. */
export async function takeOverMappings({ api, deployment }: ReadBack): Promise<QueueMapping[]> {
  const mappings = await api.mappings();
  // Without Docker, moto would take the messages itself and give each of them up.
  for (const mapping of mappings) await api.disableMapping(mapping);
  return mappings.map((mapping) => ({
    functionId: mapping.FunctionArn,
    queueUrl: `${deployment.endpoint}/${deployment.account}/${mapping.EventSourceArn.split(':').at(-1)}`,
    queueArn: mapping.EventSourceArn,
    batchSize: mapping.BatchSize,
    maxConcurrency: mapping.ScalingConfig?.MaximumConcurrency ?? 1,
    reportsItemFailures: mapping.FunctionResponseTypes.includes('ReportBatchItemFailures'),
  }));
}

/** By the SHA-256 that Lambda shows of a function's code. */
async function zipsIn(s3: S3Client, bucket: string): Promise<Map<string, Buffer>> {
  const zips = new Map<string, Buffer>();
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  for (const { Key } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    zips.set(createHash('sha256').update(bytes).digest('base64'), bytes);
  }
  return zips;
}

function unpack(zip: Buffer, dir: string): string {
  for (const [name, content] of readZip(zip)) {
    const file = join(dir, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return dir;
}

function definitionOf(deployed: DeployedFunction, codeDir: string): FunctionDefinition {
  // CloudFormation puts the stack's name before the logical id, and a random text behind it.
  const logicalId = deployed.FunctionName.split('-')[1] ?? deployed.FunctionName;
  return {
    logicalId: deployed.FunctionArn,
    name: shortName(logicalId),
    codeDir,
    handler: deployed.Handler,
    timeoutMs: deployed.Timeout * 1000,
    memoryMb: deployed.MemorySize,
    variables: deployed.Environment.Variables,
    jsonLogs: true,
  };
}
