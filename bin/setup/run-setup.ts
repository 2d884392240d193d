import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '../../functions/shared/errors.ts';
import { configFile } from '../../lib/config.ts';
import { exitCodes } from '../failure.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import { chooseSources } from '../operator/open-operator.ts';
import { createProgressLine, type ProgressLine } from '../operator/progress-line.ts';
import { withChosenProperties } from './choose-properties.ts';
import { keepSchema } from './keep-schema.ts';
import { shownPause } from './patience.ts';
import { createPlatformAccess } from './platform-access.ts';
import { renderReport, renderRules } from './render-report.ts';
import { type SourceReport, setUpSource } from './set-up-source.ts';
import { loadSetupConfig, type SetupSource } from './setup-config.ts';
import { parseSetupOptions, type SetupOptions, what } from './setup-options.ts';
import type { SetupMode, Step, StepKind } from './setup-step.ts';
import { idsToWrite, writeIds } from './write-ids.ts';

/** Where setup writes, and whom it asks. */
export interface SetupOutput extends CommandOutput {
  /** Undefined where nobody can answer. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
}

/**
 * Goes through one source, whose configuration is its last step.
 *
 * @param plan what a look at it has found, where things are to be made.
 */
type GoThrough = (source: SetupSource, plan?: SourceReport) => Promise<SourceReport>;

/**
 * Makes in Platform what the configured sources need, or shows what it would make.
 *
 * @returns the exit code.
 * @throws {ConfigError} when configuration or options are wrong, or what others made is in the way; then nothing was
 * made.
 */
export async function runSetup(given: unknown, output: SetupOutput): Promise<number> {
  const options = parseSetupOptions(given);
  const file = configFile(options.config);
  const { config, sources: all } = loadSetupConfig(file);
  const chosen = chooseSources(config, options.source).map(({ id }) => id);
  requireOneSource(options, chosen);
  const sources: SetupSource[] = [];
  for (const source of all.filter(({ settings }) => chosen.includes(settings.id)))
    sources.push(await withChosenProperties(options, source));
  const { stackName } = config;
  const access = createPlatformAccess(options, process.env);
  const progress = createProgressLine(output, options);
  const pause = shownPause(progress, (ms) => wait(ms));
  try {
    const goThrough: GoThrough = async (source, plan) => {
      const mode = plan === undefined ? 'look' : 'make';
      const client = await access.clientFor(stackName, source.settings);
      const onStep = shownSteps(progress, source, plan);
      const report = await setUpSource({ client, pause, onStep, stackName, options }, source, mode);
      return withConfiguration(report, { source, file, mode });
    };
    const keep = async (source: SetupSource, report: SourceReport) => {
      const client = await access.clientFor(stackName, source.settings);
      progress.text(`${report.id}: keeping the schema for deliveries …`);
      const note = await keepSchema(options, client, report);
      progress.clear();
      if (note !== undefined) output.note(note);
    };
    return await lookThenMake({ options, output, sources, progress, goThrough, keep });
  } finally {
    progress.clear();
    access.close();
  }
}

/** Shows each thing that setup turns to. */
function shownSteps(
  progress: ProgressLine,
  { settings: { id } }: SetupSource,
  plan: SourceReport | undefined,
): (kind: StepKind) => void {
  let begun = 0;
  return (kind) => {
    if (plan === undefined) progress.text(`${id}: looking for the ${kind} …`);
    else progress.bar(begun, plan.steps.length, `steps of ${id}: ${kind}`);
    begun += 1;
  };
}

interface Setup {
  readonly options: SetupOptions;
  readonly output: SetupOutput;
  readonly sources: readonly SetupSource[];
  readonly progress: ProgressLine;
  readonly goThrough: GoThrough;
  /** Keeps for deliveries the schema that was made or grown. */
  readonly keep: (source: SetupSource, report: SourceReport) => Promise<void>;
}

/** Every source is looked at before anything is made for one: what is wrong is told all at once. */
async function lookThenMake(setup: Setup): Promise<number> {
  const { options, output, sources, progress, goThrough, keep } = setup;
  const looked: { readonly source: SetupSource; readonly plan: SourceReport }[] = [];
  for (const source of sources) looked.push({ source, plan: await goThrough(source) });
  progress.clear();
  const plans = looked.map(({ plan }) => plan);
  const isComplete = !plans.some(({ steps }) => steps.some(({ state }) => state === 'missing'));
  const hasProblems = plans.some(({ problems }) => problems.length > 0);
  if (options.dryRun || isComplete || hasProblems) {
    show(setup, plans);
    refuseProblems(plans);
    output.note(
      isComplete ? 'Everything is there: nothing to do.\n' : 'Nothing was made: this was a dry run.\n',
    );
    return exitCodes.done;
  }
  if (output.confirm !== undefined && !options.yes) {
    show(setup, plans);
    if (!(await output.confirm('Make these? [y/N] '))) {
      output.note('Nothing was made.\n');
      return exitCodes.workFailed;
    }
  }
  const made: { readonly source: SetupSource; readonly report: SourceReport }[] = [];
  for (const { source, plan } of looked) made.push({ source, report: await goThrough(source, plan) });
  progress.clear();
  const reports = made.map(({ report }) => report);
  show(setup, reports);
  refuseProblems(reports);
  for (const { source, report } of made) await keep(source, report);
  const hasRules = sources.some(({ newRules }) => newRules.length > 0);
  output.note(`Done. Next: ${hasRules ? 'add the rules, then ' : ''}deploy (npx cdk deploy).\n`);
  return exitCodes.done;
}

function show({ options, output, sources }: Setup, reports: readonly SourceReport[]): void {
  const rulesOf = (id: string) => sources.find(({ settings }) => settings.id === id)?.newRules ?? [];
  if (options.json) {
    const shown = reports.map(({ id, ids, steps, problems }) => ({
      id,
      ...ids,
      steps,
      problems,
      rules: rulesOf(id),
    }));
    output.write(jsonLine({ dryRun: options.dryRun, sources: shown }));
    return;
  }
  const texts = sources.flatMap(({ settings, newRules }) => {
    const report = reports.find(({ id }) => id === settings.id);
    return report === undefined ? [] : [renderReport(report, settings), renderRules(newRules, settings)];
  });
  output.write(texts.filter((text) => text !== '').join('\n'));
}

function refuseProblems(reports: readonly SourceReport[]): void {
  const problems = reports.flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`));
  if (problems.length > 0) throw new ConfigError('setting up Platform', problems);
}

/** Names and fields belong to one source. */
function requireOneSource({ name, identity, property }: SetupOptions, ids: readonly string[]): void {
  if ((name === undefined && identity === undefined && property.length === 0) || ids.length === 1) return;
  throw new ConfigError(what, [
    `--source: found nothing; with --name, --identity or --property it must be one of ${ids.join(', ')}`,
  ]);
}

interface ConfigurationWork {
  readonly source: SetupSource;
  readonly file: string;
  readonly mode: SetupMode;
}

/** The report with the configuration as its last step; what it lacks is written if things were to be made. */
function withConfiguration(report: SourceReport, { source, file, mode }: ConfigurationWork): SourceReport {
  const { known, index } = source;
  if (mode === 'make' && report.problems.length > 0) return report;
  const ids = idsToWrite(known, report.ids);
  const isStreamed = source.settings.platform.delivery === 'streaming';
  const unknown = [
    ...(['tenant', 'schemaId', 'datasetId'] as const),
    ...(isStreamed ? (['inletUrl', 'flowId'] as const) : []),
  ];
  const names = mode === 'make' ? Object.keys(ids) : unknown.filter((name) => known[name] === undefined);
  if (mode === 'make' && names.length > 0) writeIds(file, index, ids);
  const step: Step = {
    kind: 'configuration',
    name: file,
    state: names.length === 0 ? 'exists' : mode === 'make' ? 'made' : 'missing',
    note: names.join(', ') || undefined,
  };
  return { ...report, steps: [...report.steps, step] };
}
