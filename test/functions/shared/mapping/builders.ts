import {
  type CompileOptions,
  compileMapping,
  type MappedRecord,
  parseMappingSet,
} from '../../../../functions/shared/mapping/index.ts';

/** One rule in the form of Platform's API. */
export interface RuleJson {
  readonly sourceType?: string;
  readonly source: string;
  readonly destination: string;
}

export const attribute = (source: string, destination: string): RuleJson => ({
  sourceType: 'ATTRIBUTE',
  source,
  destination,
});

export const expression = (source: string, destination: string): RuleJson => ({
  sourceType: 'EXPRESSION',
  source,
  destination,
});

/** Maps one record with these rules; nothing is required of the row unless the options say so. */
export function mapWith(
  rules: readonly RuleJson[],
  record: unknown,
  options: CompileOptions = {},
): MappedRecord {
  const set = parseMappingSet(JSON.stringify({ mappings: rules }));
  return compileMapping(set, { requires: 'nothing', emptyValues: 'keep', ...options }).map(record);
}

/** What an expression gives for a record: its value as JSON, or the error's message. */
export function evaluate(
  source: string,
  record: unknown = {},
  options: CompileOptions = {},
): { value?: unknown; error?: string } {
  const { output, errors } = mapWith([expression(source, 'result')], record, options);
  const [error] = errors;
  if (error !== undefined) return { error: error.message };
  return output !== null && 'result' in output ? { value: output.result } : {};
}

/** The value of an expression that has to succeed; undefined when it is null or empty. */
export function result(source: string, record: unknown = {}, options: CompileOptions = {}): unknown {
  const { value, error } = evaluate(source, record, options);
  if (error !== undefined) throw new Error(`${source}: ${error}`);
  return value;
}

/** A field in the wrapper for odd names; written so because linters take `${` in a plain text for a mistake. */
export function wrapped(path: string): string {
  return `$\{${path}}`;
}
