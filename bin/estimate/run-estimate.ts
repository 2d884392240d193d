import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import {
  checkGuardrails,
  type DayVolume,
  type GuardrailCheck,
} from '../../functions/shared/platform/guardrails.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import { type ConnectorConfig, defaultConfigFile, loadConfig } from '../../lib/config.ts';
import { configFileForSynth } from '../../lib/config-for-synth.ts';
import { exitCodes } from '../failure.ts';
import { type CommandOutput, jsonLine } from '../operator/command-output.ts';
import { chooseSources, operatorConfig, withOperator } from '../operator/open-operator.ts';
import { operatorOptions, refuseBesideData } from '../operator/operator-options.ts';
import { parseOptions } from '../option-problems.ts';
import { chooseVolumes } from './choose-volumes.ts';
import { costTable, usd, volumesText } from './cost-view.ts';
import { monthlyCost, monthlyLoad } from './monthly-cost.ts';
import { type Prices, readPrices } from './prices.ts';
import { volumeOptions } from './volume-options.ts';
import { givenVolumes, type Volumes } from './volumes.ts';
import { gbText, rowShare, totalUsd } from './work-cost.ts';

const estimateOptionsSchema = z
  .strictObject({
    ...operatorOptions,
    ...volumeOptions,
    prices: z.string().min(1, 'must be a file').optional(),
  })
  .superRefine(refuseBesideData);

const exampleNote = `note: there is no ${defaultConfigFile}; reckoning with the settings of connector.config.example.json\n`;
type EstimateOptions = z.output<typeof estimateOptionsSchema>;

/** A source with what its windows come to. */
interface Estimated {
  readonly settings: SourceSettings;
  readonly volumes: Volumes;
}

/**
 * Says what a month of each source costs, with the arithmetic.
 *
 * @returns the exit code.
 * @throws {ConfigError} when the request is wrong, or nothing tells how large a window is.
 */
export async function runEstimate(given: unknown, output: CommandOutput): Promise<number> {
  const options = parseOptions(estimateOptionsSchema, given, 'reading the options of connector estimate');
  const prices = readPrices(options.prices);
  const { config, sources } = await estimated(options, output);
  const results = sources.map(({ settings, volumes }) => {
    const input = { settings, config, volumes, prices };
    const lines = monthlyCost(input);
    return { id: settings.id, volumes, month: monthlyLoad(input), lines, usdPerMonth: totalUsd(lines) };
  });
  const dayVolumes = new Map(sources.map(({ settings, volumes }) => [settings.id, dayVolume(volumes)]));
  const limits = checkGuardrails(config.sources, dayVolumes);
  if (options.json) {
    output.write(
      jsonLine({ sources: results, guardrails: limits, pricesAsOf: prices.asOf, region: prices.region }),
    );
    return exitCodes.done;
  }
  output.write([...results.map((result) => view(result, prices)), guardrailText(limits)].join('\n'));
  return exitCodes.done;
}

async function estimated(
  options: EstimateOptions,
  output: CommandOutput,
): Promise<{ readonly config: ConnectorConfig; readonly sources: readonly Estimated[] }> {
  const { eventsPerDay, eventBytes } = options;
  // What is given whole needs no AWS, and no configuration of one's own yet.
  if (eventsPerDay !== undefined && eventBytes !== undefined) {
    const config =
      options.data === undefined
        ? loadConfig(configFileForSynth(options.config, () => output.note(exampleNote)))
        : operatorConfig(options);
    const volumes = givenVolumes(eventsPerDay, eventBytes);
    return {
      config,
      sources: chooseSources(config, options.source).map((settings) => ({ settings, volumes })),
    };
  }
  return withOperator(options, async ({ config, sources, store }) => ({
    config,
    sources: await Promise.all(sources.map(({ settings }) => measured(options, settings, store))),
  }));
}

async function measured(
  options: EstimateOptions,
  settings: SourceSettings,
  store: Parameters<typeof chooseVolumes>[1]['store'],
): Promise<Estimated> {
  const newest = newestSettledWindow(Date.now(), settings.mixpanel.timezone);
  const volumes = await chooseVolumes(options, { store, source: settings.id, newest });
  if (volumes !== undefined) return { settings, volumes };
  throw new ConfigError(`measuring the windows of ${settings.id}`, [
    'none was exported in the last four weeks; give --events-per-day, and --event-bytes if you know it',
  ]);
}

function dayVolume({ eventsPerWindow, bytesPerWindow }: Volumes): DayVolume {
  const bytesPerEvent = eventsPerWindow === 0 ? 0 : bytesPerWindow / eventsPerWindow;
  return { rows: eventsPerWindow, bytesPerRow: bytesPerEvent * rowShare };
}

/** What of Adobe's limits the configuration would not keep, and what to do about it. */
function guardrailText(checks: readonly GuardrailCheck[]): string {
  const broken = checks.filter(({ kept }) => !kept);
  if (broken.length === 0) return `Guardrails: ${checks.length} of Adobe's limits are kept\n`;
  const lines = broken.map(
    ({ guardrail, subject, expected, limit, meaning }) =>
      `  ${guardrail} of ${subject}: ${Math.round(expected)} of ${limit}; ${meaning}`,
  );
  return `${['Guardrails of Adobe that are not kept:', ...lines].join('\n')}\n`;
}

function view(
  result: {
    readonly id: string;
    readonly volumes: Volumes;
    readonly month: ReturnType<typeof monthlyLoad>;
    readonly lines: ReturnType<typeof monthlyCost>;
    readonly usdPerMonth: number;
  },
  prices: Prices,
): string {
  const { id, volumes, month, lines, usdPerMonth } = result;
  return [
    `${id}: ${usd(usdPerMonth)} a month`,
    '',
    volumesText(volumes),
    `A month: ${month.exportQueries} export queries, ${gbText(month.gb)} GB of events, ${Math.round(month.batches)} batches`,
    '',
    costTable(lines, prices),
    'Logs, KMS requests and the dashboard are left out.',
    '',
  ].join('\n');
}
