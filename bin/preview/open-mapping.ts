import { ConfigError } from '../../functions/shared/errors.ts';
import {
  type CompiledMapping,
  type CompileOptions,
  compileMapping,
  type MappedRecord,
  type MappingSet,
  parseMappingSet,
} from '../../functions/shared/mapping/index.ts';
import { mappingPath } from '../../lib/config.ts';
import type { PreviewOptions } from './preview-options.ts';
import { type PreviewSource, previewSource } from './preview-source.ts';
import { readOptionFile } from './read-text.ts';
import { readSchemaFile } from './target-schema.ts';

/** What one record became. */
export type PreviewedRecord = Pick<MappedRecord, 'text' | 'errors' | 'rejected'>;

/** A mapping set ready to preview: it gives the rows and verdicts that a delivery gives. */
export interface PreviewMapping extends CompiledMapping {
  readonly set: MappingSet;
  readonly source: PreviewSource;
}

/** @throws {ConfigError} when mapping set, configuration or schema can't be used, or don't fit together. */
export function openMapping(options: PreviewOptions): PreviewMapping {
  const file = options.mapping;
  const text = readOptionFile('--mapping', file, mappingPath(file, process.cwd()));
  const source = previewSource(options, usesTenant(file, text));
  const set = parseSet(file, text, source.tenant);
  const { map } = compileSet(set, options, {
    strict: source.strict,
    ...(options.schema === undefined ? {} : { schema: readSchemaFile(options.schema) }),
    // Without a Mixpanel line there is nothing that a row would have to have, and what an expression gave is shown.
    ...(options.raw ? { requires: 'nothing', emptyValues: 'keep' } : { profile: source.profile }),
  });
  return { set, source, map };
}

function compileSet(
  set: MappingSet,
  { mapping, schema }: PreviewOptions,
  options: CompileOptions,
): CompiledMapping {
  try {
    return compileMapping(set, options);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`the mapping set ${mapping} does not fit the schema ${schema}`, error.problems);
  }
}

const tenantVariable = `$\{TENANT}`;

function usesTenant(file: string, text: string): boolean {
  // Any name will do to see whether the set is in order and where it wants one.
  const { texts } = parseSet(file, text, 'tenant');
  return texts.some(
    ({ source, destination }) => source.includes(tenantVariable) || destination.includes(tenantVariable),
  );
}

function parseSet(file: string, text: string, tenant: string | undefined): MappingSet {
  try {
    return parseMappingSet(text, tenant === undefined ? {} : { variables: { TENANT: tenant } });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`the mapping set ${file} is not usable`, error.problems);
  }
}
