import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ConfigError } from '../functions/shared/errors.ts';
import { describeIssues } from '../functions/shared/parse.ts';
import { sourceSchema } from '../functions/shared/source-settings.ts';

/** The project's own folder: `mappings/default.json` and the functions' code are found from here. */
export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..');

export const configSchema = z
  .strictObject({
    $schema: z.string().optional(),
    stackName: z
      .string('must be a CloudFormation stack name')
      .regex(
        /^[A-Za-z][A-Za-z0-9-]{0,100}$/,
        'must be letters, digits and hyphens, a letter first, at most 101',
      )
      .default('MixpanelConnector'),
    alarmEmail: z.email('must be an e-mail address').optional(),
    staticEgress: z.boolean('must be true or false').default(false),
    archive: z
      .strictObject({
        retentionDays: z.int('must be a whole number of days').min(1, 'must be 1 or more').default(400),
        kmsKeyArn: z
          .string('must be a KMS key ARN')
          .regex(
            /^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/,
            'must be a KMS key ARN, arn:aws:kms:REGION:ACCOUNT:key/ID',
          )
          .optional(),
      })
      .prefault({}),
    sources: z
      .array(sourceSchema, 'must be a list of sources')
      .min(1, 'must have 1 to 20 sources')
      .max(20, 'must have 1 to 20 sources'),
  })
  .check((context) => {
    const seen = new Map<string, number>();
    context.value.sources.forEach((source, index) => {
      const first = seen.get(source.id);
      if (first === undefined) seen.set(source.id, index);
      else
        context.issues.push({
          code: 'custom',
          input: source.id,
          path: ['sources', index, 'id'],
          message: `must be unique; sources[${first}] has the same id`,
        });
    });
  });

/** The whole configuration, every default filled in. */
export type ConnectorConfig = z.output<typeof configSchema>;

/**
 * Reads the configuration file, and each mapping file that it names.
 *
 * @throws {ConfigError} with everything that is wrong at once: each path, what was found, what is allowed.
 */
export function loadConfig(file: string): ConnectorConfig {
  const what = `reading the configuration ${file}`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      what,
      [
        'there is no such file that can be read; copy connector.config.example.json to connector.config.json and fill it in, or name another file',
      ],
      { cause },
    );
  }
  return parseConfig(text, what);
}

/** As `loadConfig`, from text. */
export function parseConfig(text: string, what: string): ConnectorConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(what, [cause instanceof Error ? `not JSON: ${cause.message}` : 'not JSON']);
  }
  const result = configSchema.safeParse(value);
  const problems = [
    ...(result.success ? [] : describeIssues(result.error, value)),
    ...mappingProblems(value),
  ];
  if (!result.success || problems.length > 0) throw new ConfigError(what, problems);
  return result.data;
}

/** The mapping set's file: relative paths are meant from the project's folder. */
export function mappingPath(mapping: string): string {
  return isAbsolute(mapping) ? mapping : join(projectRoot, mapping);
}

/** Mapping files are checked even when other parts of the configuration are wrong, so that one go names it all. */
function mappingProblems(value: unknown): string[] {
  const named = z
    .looseObject({ sources: z.array(z.looseObject({ mapping: z.unknown().optional() })) })
    .safeParse(value);
  if (!named.success) return [];
  return named.data.sources.flatMap((source, index) => {
    if (source.mapping !== undefined && typeof source.mapping !== 'string') return [];
    return checkMappingFile(mappingPath(source.mapping ?? 'mappings/default.json')).map(
      (problem) => `sources[${index}].mapping: ${problem}`,
    );
  });
}

function checkMappingFile(path: string): string[] {
  try {
    readFileSync(path, 'utf8');
    return [];
  } catch {
    return [`found ${JSON.stringify(path)}; must be a mapping set file that can be read`];
  }
}
