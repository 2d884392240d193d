import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { ConfigError } from '../functions/shared/errors.ts';
import { parseMappingSet } from '../functions/shared/mapping/index.ts';
import { describeIssues } from '../functions/shared/parse.ts';
import { sourceSchema } from '../functions/shared/source-settings.ts';
import { pascalCase } from './source-names.ts';

/**
 * The project's own folder: `mappings/default.json` and the functions' code are found from here. Searched for, since this
 * may run from one file made of all (bin/command-line.js).
 */
export const projectRoot = folderOfPackage(dirname(fileURLToPath(import.meta.url)));

export const configSchema = z.strictObject({
  $schema: z.string().optional().describe('Lets editors check this file'),
  stackName: z
    .string('must be a CloudFormation stack name')
    .regex(
      /^[A-Za-z][A-Za-z0-9-]{0,100}$/,
      'must be letters, digits and hyphens, a letter first, at most 101',
    )
    .default('MixpanelConnector')
    .describe('CloudFormation stack'),
  alarmEmail: z.email('must be an e-mail address').optional().describe('Subscribed to every alarm'),
  staticEgress: z
    .boolean('must be true or false')
    .default(false)
    .describe('Functions leave through fixed addresses, for allow-lists; a NAT gateway costs money all day'),
  staticEgressFamily: z
    .enum(['ipv4', 'dualstack'], 'must be one of ipv4, dualstack')
    .default('ipv4')
    .describe(
      'With staticEgress: over IPv4 alone, or also over IPv6, from a range of its own, where a vendor can be reached so',
    ),
  archive: z
    .strictObject({
      retentionDays: z
        .int('must be a whole number of days from 1 to 36500')
        .min(1, 'must be a whole number of days from 1 to 36500')
        .max(36_500, 'must be a whole number of days from 1 to 36500')
        .default(400)
        .describe('Raw parts expire after this many days'),
      kmsKeyArn: z
        .string('must be a KMS key ARN')
        .regex(
          /^arn:[^:]+:kms:[^:]+:\d{12}:key\/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/,
          'must be a KMS key ARN, arn:aws:kms:REGION:ACCOUNT:key/ID',
        )
        .optional()
        .describe(
          "Encrypt archive, queues, secrets, logs, alarms and settings with this key instead of AWS's own",
        ),
      accessLog: z
        .boolean('must be true or false')
        .default(false)
        .describe('Note each request to the archive in a bucket beside it, for as long as parts are kept'),
    })
    .prefault({})
    .describe('The bucket of raw parts, rejected records and ledgers'),
  sources: z
    .array(sourceSchema, 'must be a list of sources')
    .min(1, 'must have 1 to 20 sources')
    .max(20, 'must have 1 to 20 sources')
    .describe('Mixpanel projects, each delivered into one Platform dataset'),
});

/** The whole configuration, every default filled in. */
export type ConnectorConfig = z.output<typeof configSchema>;

/** The configuration file unless another is named by option, context or CONNECTOR_CONFIG. */
export const defaultConfigFile = 'connector.config.json';

/** The configuration file to use: what was named, else what CONNECTOR_CONFIG names, else the default. */
export function configFile(named?: string): string {
  return named ?? process.env.CONNECTOR_CONFIG ?? defaultConfigFile;
}

/**
 * Reads the configuration file, and each mapping set that it names.
 *
 * @returns the configuration with every default filled in; mapping paths are absolute.
 * @throws {ConfigError} with everything that is wrong at once: each path, what was found, what is allowed.
 */
export function loadConfig(file: string): ConnectorConfig {
  return parseConfig(readConfigText(file), readingConfig(file), dirname(resolve(file)));
}

/** What every message about a configuration file begins with. */
export function readingConfig(file: string): string {
  return `reading the configuration ${file}`;
}

/** @throws {ConfigError} when there is no such file, saying where to get one. */
export function readConfigText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      readingConfig(file),
      [
        'there is no such file that can be read; copy connector.config.example.json to connector.config.json and fill it in, or name another file',
      ],
      { cause },
    );
  }
}

/**
 * As `loadConfig`, from text.
 *
 * @param folder where relative mapping paths are looked for first.
 */
export function parseConfig(text: string, what: string, folder: string = projectRoot): ConnectorConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(what, [cause instanceof Error ? `not JSON: ${cause.message}` : 'not JSON']);
  }
  const result = configSchema.safeParse(value);
  const problems = [
    ...(result.success ? [] : describeIssues(result.error, value)),
    ...duplicateIds(value),
    ...mappingProblems(value, folder),
  ];
  if (!result.success || problems.length > 0) throw new ConfigError(what, problems);
  return {
    ...result.data,
    sources: result.data.sources.map((source) => ({
      ...source,
      mapping: mappingPath(source.mapping, folder),
    })),
  };
}

/** A mapping set's file: a relative path is meant from the configuration's folder, or else from the project's. */
export function mappingPath(mapping: string, folder: string = projectRoot): string {
  const beside = resolve(folder, mapping);
  return existsSync(beside) ? beside : resolve(projectRoot, mapping);
}

/** Sources of one name, found even when other parts of the configuration are wrong. */
function duplicateIds(value: unknown): string[] {
  const named = z.looseObject({ sources: z.array(z.looseObject({ id: z.unknown() })) }).safeParse(value);
  if (!named.success) return [];
  // Outputs name a source in PascalCase, where shop-1 and shop1 would be one.
  const seen = new Map<string, { index: number; id: string }>();
  return named.data.sources.flatMap(({ id }, index) => {
    if (typeof id !== 'string') return [];
    const name = pascalCase(id);
    const first = seen.get(name);
    if (first === undefined) {
      seen.set(name, { index, id });
      return [];
    }
    const same = first.id === id ? 'the same id' : `an id that outputs also call ${name}`;
    return [
      `sources[${index}].id: found ${JSON.stringify(id)}; must be unique; sources[${first.index}] has ${same}`,
    ];
  });
}

/** Mapping sets are checked even when other parts of the configuration are wrong, so that one go names it all. */
function mappingProblems(value: unknown, folder: string): string[] {
  const named = z.looseObject({ sources: z.array(mappedSource) }).safeParse(value);
  if (!named.success) return [];
  return named.data.sources.flatMap((source, index) => {
    // Neither is a mapping set's fault; the schema's own check names it.
    if (typeof source.mapping !== 'string') return [];
    const tenant = typeof source.platform?.tenant === 'string' ? source.platform.tenant : 'tenant';
    return mappingSetProblems(mappingPath(source.mapping, folder), tenant).map(
      (problem) => `sources[${index}].mapping: ${problem}`,
    );
  });
}

/** As much of a source as a mapping set is checked with, whatever else is wrong with it. */
const mappedSource = z.looseObject({
  mapping: z.unknown().default('mappings/default.json'),
  platform: z.looseObject({ tenant: z.unknown() }).optional().catch(undefined),
});

function mappingSetProblems(file: string, tenant: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [`found ${JSON.stringify(file)}; must be a mapping set file that can be read`];
  }
  try {
    parseMappingSet(text, { variables: { TENANT: tenant } });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => `${file}: ${problem}`);
    throw error;
  }
}

function folderOfPackage(folder: string): string {
  const above = dirname(folder);
  return existsSync(join(folder, 'package.json')) || above === folder ? folder : folderOfPackage(above);
}
