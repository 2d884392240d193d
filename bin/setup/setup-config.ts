import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { type ConnectorConfig, parseConfig, readConfigText, readingConfig } from '../../lib/config.ts';
import { exampleIds, exampleInletUrl, isExampleValue } from '../../lib/example-values.ts';
import type { NewRule } from './grow-properties.ts';

/** What setup finds out, or makes, and writes into the configuration. */
export type PlatformIds = {
  readonly [Name in keyof typeof exampleIds | 'inletUrl' | 'flowId']?: string;
};

/** A source before setup: some of its ids may not be known yet. */
export interface SetupSource {
  /** Where an id is not known, the example's stands in it. */
  readonly settings: SourceSettings;
  /** Where it stands in the configuration. */
  readonly index: number;
  readonly known: PlatformIds;
  readonly mappingText: string;
  /** Rules of the text that are not in the mapping set's file yet. */
  readonly newRules: readonly NewRule[];
}

/** The configuration before setup. */
export interface SetupConfig {
  readonly config: ConnectorConfig;
  readonly sources: readonly SetupSource[];
}

/**
 * Reads the configuration as every command does, except that dataset, schema and tenant may be missing or still the
 * example's.
 *
 * @throws {ConfigError} with everything else that is wrong.
 */
export function loadSetupConfig(file: string): SetupConfig {
  const text = withStandIns(readConfigText(file));
  const config = parseConfig(text, readingConfig(file), dirname(resolve(file)));
  const unfilled = config.sources.flatMap(({ platform }, index) =>
    isExampleValue(platform.orgId)
      ? [`sources[${index}].platform.orgId: found the example's; must be your organisation's id`]
      : [],
  );
  if (unfilled.length > 0) throw new ConfigError(readingConfig(file), unfilled);
  return {
    config,
    sources: config.sources.map((settings, index) => ({
      settings,
      index,
      known: knownIds(settings),
      mappingText: readFileSync(settings.mapping, 'utf8'),
      newRules: [],
    })),
  };
}

function knownIds({ platform }: SourceSettings): PlatformIds {
  const { datasetId, schemaId, tenant, inletUrl = '', flowId = '' } = platform;
  const filled = Object.entries({ datasetId, schemaId, tenant, inletUrl, flowId }).filter(
    ([, value]) => value !== '' && !isExampleValue(value),
  );
  return Object.fromEntries(filled);
}

const unfinished = z.looseObject({ sources: z.array(z.looseObject({ platform: z.unknown() })) });
const platformObject = z.record(z.string(), z.unknown());

/** The text with the example's ids where a source has none; what is wrong otherwise stays as it is, to be named. */
function withStandIns(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  const found = unfinished.safeParse(value);
  if (!found.success) return text;
  const sources = found.data.sources.map((source) => {
    const platform = platformObject.safeParse(source.platform);
    return platform.success ? { ...source, platform: withIds(platform.data) } : source;
  });
  return JSON.stringify({ ...found.data, sources });
}

function withIds(platform: Record<string, unknown>): Record<string, unknown> {
  const inlet = platform.delivery === 'streaming' ? { inletUrl: exampleInletUrl } : {};
  const standIns = Object.entries({ ...exampleIds, ...inlet }).filter(
    ([name]) => platform[name] === undefined || platform[name] === '',
  );
  return { ...platform, ...Object.fromEntries(standIns) };
}
