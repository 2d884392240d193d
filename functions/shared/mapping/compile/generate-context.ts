import type { EmptyValues } from '../coerce.ts';
import type { FieldShape } from '../field-shape.ts';
import type { FunctionSpec } from '../functions/registry.ts';
import type { Runtime } from '../runtime.ts';
import type { Rejection } from '../target/rejection.ts';
import type { TargetField } from '../target/target-field.ts';

/** What generated code is given to work with. */
export interface GenerateContext {
  readonly runtime: Runtime;
  readonly functions: ReadonlyMap<string, FunctionSpec>;
  readonly shape: FieldShape;
  /** What the target's schema says, where it is known. */
  readonly schema: TargetField | undefined;
  /** Fields without which a record is rejected, beside those that the schema requires; undefined when none is. */
  readonly required: readonly string[] | undefined;
  readonly clock: () => number;
  readonly emptyValues: EmptyValues;
  readonly strict: boolean;
}

/** Hears what went wrong with a record. */
export interface Findings {
  fail(rule: number, error: unknown): void;
  missing(path: string): void;
  future(path: string): void;
  /** @param rejections places counted from the field at the path. */
  reject(path: string, rejections: readonly Rejection[]): void;
}

/** Maps one record to the members of its row's JSON text. */
export type GeneratedMapping = (record: unknown, findings: Findings) => string;
