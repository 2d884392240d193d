import { oversize } from '../../functions/load-window/record-of-line.ts';
import { ConfigError } from '../../functions/shared/errors.ts';
import {
  compileMapping,
  type MappedRecord,
  type MappingSet,
  parseMappingSet,
  type Rejection,
} from '../../functions/shared/mapping/index.ts';
import { mappingPath } from '../../lib/config.ts';
import { destinationProblems } from './check-destinations.ts';
import type { PreviewOptions } from './preview-options.ts';
import { type PreviewSource, previewSource } from './preview-source.ts';
import { readOptionFile } from './read-text.ts';
import { createRowLimits } from './row-limits.ts';
import { readTargetSchema } from './target-schema.ts';

/** What one record became: as the mapping gives it, and after what delivery and schema say about the row. */
export type PreviewedRecord = Pick<MappedRecord, 'text' | 'errors' | 'rejected'>;

export interface PreviewMapping {
  readonly set: MappingSet;
  readonly source: PreviewSource;
  /** Never throws. */
  map(record: unknown): PreviewedRecord;
}

/** @throws {ConfigError} when mapping set, configuration or schema can't be used, or don't fit together. */
export function openMapping(options: PreviewOptions): PreviewMapping {
  const file = options.mapping;
  const text = readOptionFile('--mapping', file, mappingPath(file, process.cwd()));
  const source = previewSource(options, usesTenant(file, text));
  const set = parseSet(file, text, source.tenant);
  const schema = options.schema === undefined ? undefined : readTargetSchema(options.schema);
  if (schema !== undefined) {
    const problems = destinationProblems(set.rules, schema.shape);
    if (problems.length > 0) {
      throw new ConfigError(`the mapping set ${file} does not fit the schema ${options.schema}`, problems);
    }
  }
  const mapping = compileMapping(set, {
    ...(schema === undefined ? {} : { shape: schema.shape }),
    // Without a Mixpanel line there is nothing that a row would have to have, and what an expression gave is shown.
    ...(options.raw ? { required: [], emptyValues: 'keep' } : {}),
  });
  const limits = schema === undefined ? undefined : createRowLimits(schema.document, !options.raw);
  const boundsSize = source.profile && !options.raw;
  return {
    set,
    source,
    map(record) {
      const mapped = mapping.map(record);
      if (mapped.text === undefined) return mapped;
      const tooLarge = boundsSize ? oversize(mapped.text) : undefined;
      const rejected: Rejection[] = [
        ...(limits?.(mapped.output) ?? []),
        ...(tooLarge === undefined ? [] : [tooLarge]),
      ];
      return rejected.length === 0 ? mapped : { text: undefined, errors: mapped.errors, rejected };
    },
  };
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
