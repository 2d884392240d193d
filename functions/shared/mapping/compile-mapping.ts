import { randomUUID } from 'node:crypto';
import { ConfigError } from '../errors.ts';
import { createCoerce, type EmptyValues } from './coerce.ts';
import { generateMapping } from './compile/generate.ts';
import { createLineReader, type LineReader } from './compile/line-reader.ts';
import type { FieldShape } from './field-shape.ts';
import { allFunctions } from './functions/index.ts';
import type { MappingSet, Rule } from './mapping-set.ts';
import { createRuntime } from './runtime.ts';
import { standardFields } from './standard-fields.ts';
import { mappingProblems } from './target/check-mapping.ts';
import { below } from './target/field-check.ts';
import { missingValue, type Rejection } from './target/rejection.ts';
import { futureReason, oversize } from './target/row-limits.ts';
import type { TargetField } from './target/target-field.ts';
import { shapeOfSchema } from './target/target-schema.ts';
import { ruleErrorText } from './values/mapping-error.ts';
import { nextRecord } from './values/meter.ts';

/** A rule that gave no value for a record. The message never contains a property's value. */
export interface RuleError {
  /** Position of the rule in its set, counted from 0. */
  readonly rule: number;
  readonly destination: string;
  readonly message: string;
}

/** What a record was mapped to. */
export interface MappedRecord {
  /** The row; null when the record is rejected. Made from `text` when it is asked for. */
  readonly output: Readonly<Record<string, unknown>> | null;
  /** The row as JSON, without line end; undefined when the record is rejected. */
  readonly text: string | undefined;
  readonly errors: readonly RuleError[];
  readonly rejected: readonly Rejection[];
}

/** A mapping set made ready to run. */
export interface CompiledMapping {
  /** Maps one record, whatever JSON value it is. Never throws. */
  map(record: unknown): MappedRecord;
  /**
   * Makes a reader of lines whose `properties` stand for an event's in a record, for this mapping alone. Undefined
   * where the rules need an object of all properties.
   *
   * @param names properties whose values the caller needs.
   */
  readonly lineReader?: ((names: readonly string[]) => LineReader | undefined) | undefined;
}

export interface CompileOptions {
  /** JEXL's strict mode, where null operands and unknown fields are errors. @default false */
  readonly strict?: boolean;
  /**
   * What a row must be: a whole event, with `_id`, `timestamp` and all that the schema requires, of a time in the past;
   * or any part of one.
   *
   * @default 'event'
   */
  readonly requires?: 'event' | 'nothing';
  /** Whether rows go to Real-Time Customer Profile, which takes none above 10 KB. @default false */
  readonly profile?: boolean;
  /**
   * The target, by which destinations and constants are checked at once, values converted, and rows validated.
   *
   * @default only types: those of the schema that the set brings along, else the standard ExperienceEvent fields' and
   * anything elsewhere
   */
  readonly schema?: TargetField;
  /**
   * Platform takes no empty text, list or object and no null in a list: they are left out of rows. Kept, a row shows
   * what its expressions really gave. @default 'omit'
   */
  readonly emptyValues?: EmptyValues;
  /** Milliseconds since the epoch. @default the system's clock */
  readonly clock?: () => number;
  /** @default random */
  readonly uuid?: () => string;
}

/** Fields without which Platform takes no event. */
const eventFields = ['_id', 'timestamp'] as const;

/**
 * Compiles a mapping set into one function that reads what its rules read and writes the row's JSON directly.
 *
 * @throws {ConfigError} when the set doesn't fit the target's schema: every such rule, its path, and what is there.
 */
export function compileMapping(set: MappingSet, options: CompileOptions = {}): CompiledMapping {
  const { schema, strict = false, emptyValues = 'omit', requires = 'event', profile = false } = options;
  // Constants are converted when they are checked: that counts for no record.
  nextRecord();
  if (schema !== undefined) {
    const problems = mappingProblems(set.rules, schema, createCoerce(emptyValues));
    if (problems.length > 0) throw new ConfigError('the mapping set does not fit the schema', problems);
  }
  const runtime = createRuntime(strict);
  const world = { clock: options.clock ?? Date.now, uuid: options.uuid ?? (() => randomUUID()) };
  const { map: generated, others } = generateMapping(set.rules, {
    runtime,
    functions: allFunctions(world),
    shape: schema?.shape ?? typesWithoutSchema(set),
    schema,
    required: requires === 'event' ? eventFields : undefined,
    clock: world.clock,
    emptyValues,
    strict,
  });
  return {
    map(record) {
      const findings = new RecordFindings(set.rules);
      nextRecord();
      const text = `{${generated(record, findings)}}`;
      const tooLarge = profile ? oversize(text) : undefined;
      if (tooLarge !== undefined) findings.reject('', [tooLarge]);
      return new Mapped(text, findings.errors, findings.rejected);
    },
    lineReader: others && ((names) => createLineReader(others, names)),
  };
}

function typesWithoutSchema(set: MappingSet): FieldShape {
  return set.schema === undefined ? { ...standardFields, '*': 'any' } : shapeOfSchema(set.schema);
}

const noErrors: readonly RuleError[] = [];
const noRejections: readonly Rejection[] = [];

/** Collects what goes wrong with one record; nearly always nothing. */
class RecordFindings {
  errors: readonly RuleError[] = noErrors;
  rejected: readonly Rejection[] = noRejections;
  private readonly rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
  }

  fail(rule: number, error: unknown): void {
    const destination = this.rules[rule]?.destinationText ?? '';
    this.errors = [...this.errors, { rule, destination, message: ruleErrorText(error) }];
  }

  missing(path: string): void {
    this.reject(path, [{ path: '', reason: missingValue }]);
  }

  future(path: string): void {
    this.reject(path, [{ path: '', reason: futureReason }]);
  }

  reject(path: string, rejections: readonly Rejection[]): void {
    this.rejected = [...this.rejected, ...below(path, rejections)];
  }
}

class Mapped implements MappedRecord {
  readonly text: string | undefined;
  readonly errors: readonly RuleError[];
  readonly rejected: readonly Rejection[];

  constructor(text: string, errors: readonly RuleError[], rejected: readonly Rejection[]) {
    this.text = rejected.length === 0 ? text : undefined;
    this.errors = errors;
    this.rejected = rejected;
  }

  get output(): Readonly<Record<string, unknown>> | null {
    return this.text === undefined ? null : JSON.parse(this.text);
  }
}
