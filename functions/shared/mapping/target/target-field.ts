import * as z from 'zod';
import type { FieldShape } from '../field-shape.ts';

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);

/** What a schema says of a field's value beside its type; a keyword that is malformed says nothing. */
export const limitsSchema = z.object({
  enum: z.array(z.unknown()).optional().catch(undefined),
  pattern: text,
  format: text,
  minLength: number,
  maxLength: number,
  minimum: number,
  maximum: number,
  minItems: number,
  maxItems: number,
});
export type Limits = z.output<typeof limitsSchema>;

/** A place of the target as its schema describes it, with every reference followed. */
export interface TargetField {
  /** What values are converted to. */
  readonly shape: FieldShape;
  /** All of them hold. */
  readonly limits: readonly Limits[];
  readonly fields: ReadonlyMap<string, TargetField>;
  /** What is under a name that `fields` doesn't have; undefined where the schema takes no such name. */
  readonly others: TargetField | undefined;
  readonly items: TargetField | undefined;
  readonly required: readonly string[];
}

/** A target's schema, read. */
export interface TargetSchema {
  readonly root: TargetField;
  /** References that lead out of the document, each with its place; what is behind them takes any value. */
  readonly unresolved: readonly string[];
}

/** A place of which the schema says nothing. */
export const openField: TargetField = {
  shape: 'any',
  limits: [],
  fields: new Map(),
  others: undefined,
  items: undefined,
  required: [],
};

/** The field of that name; undefined where nothing is known of one. */
export function fieldNamed(field: TargetField | undefined, name: string): TargetField | undefined {
  return field?.fields.get(name) ?? field?.others;
}
