import { ConfigError } from '../../functions/shared/errors.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { createS3ObjectStore } from '../../functions/shared/s3-object-store.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { type ConnectorConfig, configFile, loadConfig } from '../../lib/config.ts';
import { pascalCase, secretName } from '../../lib/source-names.ts';
import { awsTimeouts, createOperatorAws, type OperatorAws } from './aws-access.ts';
import { explainAwsFailure } from './aws-failure.ts';
import { closest } from './closest.ts';
import { localConfigFile, localOutputsFile, openLocalAws } from './local-data.ts';
import type { OperatorOptions } from './operator-options.ts';
import { withQuickReads } from './quick-reads.ts';
import { describeOutputs, OutputsError, readOutputs, type StackOutputs } from './stack-outputs.ts';

/** One source, with what an operator's commands need of it. */
export interface OperatorSource {
  readonly settings: SourceSettings;
  readonly windowQueueUrl: string;
  readonly windowDeadLetterQueueUrl: string;
  readonly loadQueueUrl: string;
  readonly loadDeadLetterQueueUrl: string;
  readonly mixpanelSecretId: string;
  readonly platformSecretId: string;
  /** There only where the source hashes properties. */
  readonly privacySecretId: string;
}

/** A connector, in AWS or on this machine, as an operator's command sees it. */
export interface Operator {
  readonly config: ConnectorConfig;
  /** The file that a person changes; of a local connector, what it was most likely started with. */
  readonly configFile: string;
  /** Those that the command is about. */
  readonly sources: readonly OperatorSource[];
  readonly aws: OperatorAws;
  readonly bucket: string;
  readonly store: ObjectStore;
  /** Starts that the schedule could not bring to a good end, of all sources. */
  readonly planDeadLetterQueueUrl: string;
}

/** What a command needs beside the connector itself. */
export interface OperatorNeeds {
  /** Of a local connector, the simulators of its vendors too. @default false */
  readonly vendors?: boolean;
}

/**
 * Opens the connector that the options name, lets `act` work on it, and closes it again.
 *
 * @throws {ConfigError} when configuration, stack, source or AWS credentials are not there or not right.
 */
export async function withOperator<Result>(
  options: OperatorOptions,
  act: (operator: Operator) => Promise<Result>,
  { vendors = false }: OperatorNeeds = {},
): Promise<Result> {
  const stored = operatorConfig(options);
  // Before anything is started: a source that is not there needs no server.
  chooseSources(stored, options.source);
  const local = options.data === undefined ? undefined : await openLocalAws(options.data, stored, vendors);
  const config = local?.config ?? stored;
  const aws = createOperatorAws({ ...options, localEndpoint: local?.endpoint });
  try {
    const outputs = await stackOutputs(options, config, aws);
    return await act(
      createOperator({
        config,
        configFile: configFile(options.config),
        chosen: chooseSources(config, options.source),
        aws,
        outputs,
      }),
    );
  } catch (error) {
    throw explainAwsFailure(error, local?.isShared === true ? options.data : undefined);
  } finally {
    aws.close();
    await local?.close();
  }
}

/** The configuration that the options name. @throws {ConfigError} naming everything that is wrong with it. */
export function operatorConfig({ config, data }: OperatorOptions): ConnectorConfig {
  return loadConfig(data === undefined ? configFile(config) : localConfigFile(data));
}

/** The source that was named, or all. @throws {ConfigError} suggesting the one that was probably meant. */
export function chooseSources(config: ConnectorConfig, named: string | undefined): readonly SourceSettings[] {
  if (named === undefined) return config.sources;
  const found = config.sources.filter(({ id }) => id === named);
  if (found.length > 0) return found;
  const ids = config.sources.map(({ id }) => id);
  const meant = closest(named, ids);
  throw new ConfigError('reading the options', [
    `--source: found ${JSON.stringify(named)}; ${meant === undefined ? '' : `did you mean ${meant}? `}must be one of ${ids.join(', ')}`,
  ]);
}

function stackOutputs(
  options: OperatorOptions,
  { stackName }: ConnectorConfig,
  aws: OperatorAws,
): Promise<StackOutputs> | StackOutputs {
  const file = options.data === undefined ? options.outputs : localOutputsFile(options.data);
  return file === undefined ? describeOutputs(aws.cloudformation, stackName) : readOutputs(file, stackName);
}

interface OperatorParts {
  readonly config: ConnectorConfig;
  readonly configFile: string;
  readonly chosen: readonly SourceSettings[];
  readonly aws: OperatorAws;
  readonly outputs: StackOutputs;
}

function createOperator({ config, configFile: file, chosen, aws, outputs }: OperatorParts): Operator {
  const missing: string[] = [];
  const output = (name: string) => {
    const value = outputs[name] ?? '';
    if (value === '') missing.push(name);
    return value;
  };
  const bucket = output('BucketName');
  const operator = {
    config,
    configFile: file,
    aws,
    bucket,
    store: withQuickReads(createS3ObjectStore(aws.s3, bucket), {
      client: aws.s3,
      bucket,
      timeouts: awsTimeouts,
    }),
    planDeadLetterQueueUrl: output('PlanDeadLetterQueueUrl'),
    sources: chosen.map((settings) => operatorSource(config.stackName, settings, output)),
  };
  if (missing.length === 0) return operator;
  throw new OutputsError('stack', `reading the outputs of the stack ${config.stackName}`, [
    `${missing.join(', ')}: missing; deploy this configuration (npx cdk deploy) first`,
  ]);
}

function operatorSource(
  stackName: string,
  settings: SourceSettings,
  output: (name: string) => string,
): OperatorSource {
  const name = pascalCase(settings.id);
  return {
    settings,
    windowQueueUrl: output(`${name}WindowQueueUrl`),
    windowDeadLetterQueueUrl: output(`${name}WindowDeadLetterQueueUrl`),
    loadQueueUrl: output(`${name}LoadQueueUrl`),
    loadDeadLetterQueueUrl: output(`${name}LoadDeadLetterQueueUrl`),
    mixpanelSecretId: settings.mixpanel.secretName ?? secretName(stackName, settings.id, 'mixpanel'),
    platformSecretId: settings.platform.secretName ?? secretName(stackName, settings.id, 'platform'),
    privacySecretId: settings.privacy.keySecretName ?? secretName(stackName, settings.id, 'privacy'),
  };
}
