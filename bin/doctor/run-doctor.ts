import * as z from 'zod';
import { ConfigError, describeError } from '../../functions/shared/errors.ts';
import { prefixes } from '../../functions/shared/object-keys.ts';
import { checkGuardrails, type DayVolume } from '../../functions/shared/platform/guardrails.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import type { ConnectorConfig } from '../../lib/config.ts';
import { placeholdersIn } from '../../lib/example-values.ts';
import { measureVolumes } from '../estimate/volumes.ts';
import { exitCodes } from '../failure.ts';
import { queueDepth } from '../local/queue-depths.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import { chooseSources, type Operator, operatorConfig, withOperator } from '../operator/open-operator.ts';
import { operatorOptions, refuseBesideData } from '../operator/operator-options.ts';
import { OutputsError, type OutputsFault } from '../operator/stack-outputs.ts';
import { parseOptions } from '../option-problems.ts';
import { type Check, type CheckReport, createReport, failed, passed, skipped, warned } from './check.ts';
import { checkSource } from './check-source.ts';
import { checkLine, closingLine } from './check-view.ts';
import { createClockWatch } from './clock-watch.ts';
import { credentialsInEnvironment, readSecrets } from './doctor-credentials.ts';

const doctorOptionsSchema = z
  .strictObject({ ...operatorOptions, query: z.boolean().default(true) })
  .superRefine(refuseBesideData);
type DoctorOptions = z.output<typeof doctorOptionsSchema>;

/** One call of `connector doctor`. */
interface Examination {
  readonly options: DoctorOptions;
  readonly config: ConnectorConfig;
  readonly onCheck: (check: Check) => void;
  readonly clock: ReturnType<typeof createClockWatch>;
  readonly nowMs: number;
  queriesSpent: number;
}

/**
 * Checks all that a connector needs, in the order in which one needs the other.
 *
 * @returns the exit code.
 * @throws {ConfigError} when the request is wrong.
 */
export async function runDoctor(given: unknown, output: CommandOutput): Promise<number> {
  const options = parseOptions(doctorOptionsSchema, given, 'reading the options of connector doctor');
  const checks: Check[] = [];
  const onCheck = (check: Check) => {
    checks.push(check);
    if (!options.json) output.write(checkLine(check, output.paint));
  };
  const config = checkConfiguration(options, onCheck);
  let queriesSpent = 0;
  if (config !== undefined) {
    // A source that is not there is a wrong request, and no finding.
    chooseSources(config, options.source);
    const clock = createClockWatch(Date.now);
    const examination = { options, config, onCheck, clock, nowMs: Date.now(), queriesSpent: 0 };
    await examine(examination);
    createReport(undefined, onCheck).add('Clock', clock.outcome());
    queriesSpent = examination.queriesSpent;
  }
  output.write(options.json ? jsonLine({ checks, queriesSpent }) : closingLine(checks, queriesSpent));
  if (config === undefined) return exitCodes.badRequest;
  return checks.some(({ state }) => state === 'failed') ? exitCodes.workFailed : exitCodes.done;
}

function checkConfiguration(
  options: DoctorOptions,
  onCheck: (check: Check) => void,
): ConnectorConfig | undefined {
  const report = createReport(undefined, onCheck);
  try {
    const config = operatorConfig(options);
    const unfilled = placeholdersIn(config);
    report.add(
      'Configuration',
      unfilled.length === 0
        ? passed(`it is in order, with ${config.sources.map(({ id }) => id).join(', ')}`)
        : failed(
            `${unfilled.join(', ')} still have the example's values`,
            'fill them in; connector setup finds the ids in Platform',
          ),
    );
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    report.add(
      'Configuration',
      failed(describeError(error), 'correct it; your editor shows what each key means'),
    );
    return undefined;
  }
}

async function examine(examination: Examination): Promise<void> {
  const report = createReport(undefined, examination.onCheck);
  let isOpen = false;
  try {
    await withOperator(
      examination.options,
      async (operator) => {
        await checkStack(operator);
        isOpen = true;
        report.add('AWS access', passed(`region ${await operator.aws.s3.config.region()}`));
        report.add('Stack', passed(`${operator.config.stackName}: bucket and queues answer`));
        await checkDeployed(examination, operator);
      },
      { vendors: true },
    );
  } catch (error) {
    // What comes later reports its own failures; this one kept the connector from being opened.
    if (isOpen) throw error;
    reportUnopened(report, error, examination.options);
    await checkUndeployed(examination);
  }
}

const outputsRemedies: Readonly<Record<OutputsFault, string>> = {
  stack: 'deploy it: npx cdk deploy',
  file: 'see --outputs: it takes a file as cdk deploy --outputs-file writes it',
  endpoint: 'give --outputs FILE, as cdk deploy --outputs-file writes it',
};

function reportUnopened(report: CheckReport, error: unknown, { outputs }: DoctorOptions): void {
  const text = describeError(error);
  if (!(error instanceof OutputsError)) {
    report.add('AWS access', failed(text, 'log in to AWS; see --region and --profile'));
    report.add('Stack', skipped('needs AWS'));
    return;
  }
  // The outputs of a file are read without AWS.
  report.add(
    'AWS access',
    outputs === undefined ? passed('AWS answers') : skipped("needs the stack's outputs"),
  );
  report.add('Stack', failed(text, outputsRemedies[error.fault]));
}

/** Asks each part of the stack for something small. */
async function checkStack({ store, aws, sources, planDeadLetterQueueUrl }: Operator): Promise<void> {
  for await (const _ of store.list(prefixes.ledger)) break;
  const urls = sources.flatMap((source) => [source.windowQueueUrl, source.loadQueueUrl]);
  await Promise.all([...urls, planDeadLetterQueueUrl].map((url) => queueDepth(aws.sqs, url)));
}

async function checkDeployed(examination: Examination, operator: Operator): Promise<void> {
  const { clock, nowMs, onCheck } = examination;
  const volumes = new Map<string, DayVolume>();
  for (const source of operator.sources) {
    const { settings, mixpanelSecretId } = source;
    const report = createReport(settings.id, onCheck);
    const credentials = await readSecrets(report, source, operator.aws);
    const check = { settings, credentials, mixpanelSecretId, store: operator.store, nowMs, clock };
    const noQuery = whyNoQuery(examination);
    examination.queriesSpent += await checkSource(report, { ...check, noQuery });
    const volume = await measureVolumes(operator.store, settings.id, newestSettledWindow(nowMs, 'UTC'));
    if (volume !== undefined && volume.eventsPerWindow > 0) {
      const { eventsPerWindow: rows, bytesPerWindow } = volume;
      volumes.set(settings.id, { rows, bytesPerRow: bytesPerWindow / rows });
    }
  }
  reportGuardrails(examination, operator.config, volumes);
}

async function checkUndeployed(examination: Examination): Promise<void> {
  const { options, config, clock, nowMs, onCheck } = examination;
  for (const settings of chooseSources(config, options.source)) {
    const report = createReport(settings.id, onCheck);
    const credentials = credentialsInEnvironment(report, process.env);
    const place = { mixpanelSecretId: 'the environment', store: undefined };
    const noQuery = whyNoQuery(examination);
    examination.queriesSpent += await checkSource(report, {
      settings,
      credentials,
      ...place,
      nowMs,
      clock,
      noQuery,
    });
  }
  reportGuardrails(examination, config, new Map());
}

/** One export query is spent in the whole call: the first source's that can. */
function whyNoQuery({ options, queriesSpent }: Examination): string | undefined {
  if (!options.query) return '--no-query';
  return queriesSpent === 0
    ? undefined
    : 'the one query was spent on another source; --source asks for this one';
}

function reportGuardrails(
  { onCheck }: Examination,
  { sources }: ConnectorConfig,
  volumes: ReadonlyMap<string, DayVolume>,
): void {
  const report = createReport(undefined, onCheck);
  const checks = checkGuardrails(sources, volumes);
  const broken = checks.filter(({ kept }) => !kept);
  if (broken.length === 0) {
    report.add('Guardrails', passed(`${checks.length} of Adobe's limits are kept`));
  }
  for (const { guardrail, subject, expected, limit, meaning } of broken) {
    report.add(
      'Guardrails',
      warned(`${guardrail} of ${subject}: ${Math.round(expected)} of ${limit}`, meaning),
    );
  }
}
