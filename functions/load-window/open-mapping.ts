import { createHash } from 'node:crypto';
import { ConfigError, describeError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import {
  type CompiledMapping,
  compileMapping,
  type MappingSet,
  mappingHash,
  readTargetSchema,
  type TargetField,
  targetFingerprint,
} from '../shared/mapping/index.ts';
import type { KeptSchema, SchemaKeeper } from '../shared/stored-schema.ts';

/** A mapping ready to map, and what its rows depend on. */
export interface OpenedMapping {
  readonly mapping: CompiledMapping;
  /** Of the rules, their variables, whether they are strict, and what the target's schema says of the fields that they write. */
  readonly mappingHash: string;
}

/**
 * The source's mapping, checked against its target's schema as it is now known.
 *
 * @throws {ConfigError} when the mapping doesn't fit the schema: every such rule, its path, and what is there.
 */
export type OpenMapping = (signal: AbortSignal) => Promise<OpenedMapping>;

export interface OpenMappingOptions {
  readonly set: MappingSet;
  /** Whether null operands and unknown fields are errors. */
  readonly strict: boolean;
  /** Whether the dataset feeds Profile. */
  readonly profile: boolean;
  readonly schemaId: string;
  readonly schemas: SchemaKeeper;
  readonly clock: () => number;
  readonly log: Log;
}

/** A schema that refuses a mapping may have been given the missing field since: one older than this is read again. */
const maxAgeOfRefusalMs = 60_000;
/** More references than these are of no use in a log line. */
const maxReferencesLogged = 10;

/** Asks for the schema at every message, as another function may have stored a newer one; compiles when it changed. */
export function createMappingOpener(options: OpenMappingOptions): OpenMapping {
  const { schemas } = options;
  let last: { readonly schema: string | undefined; readonly opened: OpenedMapping } | undefined;

  const open = (schema: KeptSchema | undefined): OpenedMapping => {
    if (last !== undefined && last.schema === schema?.hash) return last.opened;
    const target = schema && readTarget(options, schema);
    const opened = { mapping: compile(options, target), mappingHash: hashOf(options, target) };
    last = { schema: schema?.hash, opened };
    return opened;
  };
  return async (signal) => {
    const schema = await schemas.read(signal);
    try {
      return open(schema);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const newer = await schemas.read(signal, { maxAgeMs: maxAgeOfRefusalMs });
      if (newer === undefined || newer.hash === schema?.hash) throw error;
      return open(newer);
    }
  };
}

function compile(
  { set, strict, profile, schemaId, clock }: OpenMappingOptions,
  schema: TargetField | undefined,
) {
  try {
    return compileMapping(set, { strict, profile, clock, ...(schema === undefined ? {} : { schema }) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`the mapping does not fit the schema ${schemaId}`, error.problems);
  }
}

function hashOf({ set, strict }: OpenMappingOptions, schema: TargetField | undefined): string {
  const rules = strict ? `strict ${mappingHash(set)}` : mappingHash(set);
  if (schema === undefined) return rules;
  return createHash('sha256')
    .update(JSON.stringify([rules, targetFingerprint(set.rules, schema)]))
    .digest('hex');
}

/** The schema read; undefined, and a warning, when it is none that we can read: rows are then delivered unchecked. */
function readTarget(
  { log, schemaId }: OpenMappingOptions,
  { document }: KeptSchema,
): TargetField | undefined {
  try {
    const { root, unresolved } = readTargetSchema(document, `reading the schema ${schemaId}`);
    if (unresolved.length > 0)
      log.warn('Load:Schema:NotResolved', { schemaId, references: unresolved.slice(0, maxReferencesLogged) });
    return root;
  } catch (error) {
    log.warn('Load:Schema:Unusable', { schemaId, error: describeError(error) });
    return undefined;
  }
}
