import { randomUUID } from 'node:crypto';
import type { EmptyValues } from './coerce.ts';
import { generateMapping } from './compile/generate.ts';
import type { FieldShape } from './field-shape.ts';
import { allFunctions } from './functions/index.ts';
import type { MappingSet, Rule } from './mapping-set.ts';
import { createRuntime } from './runtime.ts';
import { shapeOfSchema } from './schema-shape.ts';
import { standardFields } from './standard-fields.ts';
import { ruleErrorText } from './values/mapping-error.ts';

/** A rule that gave no value for a record. The message never contains a property's value. */
export interface RuleError {
  /** Position of the rule in its set, counted from 0. */
  readonly rule: number;
  readonly destination: string;
  readonly message: string;
}

/** Why a record can't be sent to Platform. */
export interface Rejection {
  readonly path: string;
  readonly reason: string;
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
}

export interface CompileOptions {
  /** JEXL's strict mode, where null operands and unknown fields are errors. @default false */
  readonly strict?: boolean;
  /** Fields without which a record is rejected. @default ['_id', 'timestamp'] */
  readonly required?: readonly string[];
  /**
   * Types of the target's fields.
   *
   * @default the schema that the set brings along, else the standard ExperienceEvent fields and anything elsewhere
   */
  readonly shape?: FieldShape;
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

/** Compiles a mapping set into one function that reads what its rules read and writes the row's JSON directly. */
export function compileMapping(set: MappingSet, options: CompileOptions = {}): CompiledMapping {
  const strict = options.strict ?? false;
  const runtime = createRuntime(strict);
  const world = { clock: options.clock ?? Date.now, uuid: options.uuid ?? (() => randomUUID()) };
  const ownShape = set.schema === undefined ? undefined : shapeOfSchema(set.schema);
  const shape: FieldShape = options.shape ?? ownShape ?? { ...standardFields, '*': 'any' };
  const required = options.required ?? ['_id', 'timestamp'];
  const generated = generateMapping(set.rules, {
    runtime,
    functions: allFunctions(world),
    shape,
    required,
    emptyValues: options.emptyValues ?? 'omit',
    strict,
  });
  return {
    map(record) {
      const findings = new RecordFindings(set.rules);
      runtime.resetSteps();
      const members = generated(record, findings);
      return new Mapped(`{${members}}`, findings.errors, findings.rejected);
    },
  };
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
    this.rejected = [...this.rejected, { path, reason: 'the required field has no value' }];
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
