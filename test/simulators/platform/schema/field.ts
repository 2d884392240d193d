import type { WireSchema } from '../wire-schema.ts';

type Constraints = Pick<
  WireSchema,
  'type' | 'format' | 'pattern' | 'enum' | 'minimum' | 'maximum' | 'maxLength' | 'minItems' | 'maxItems'
>;

/** What a field takes, wherever it stands. */
export interface Field extends Readonly<Constraints> {
  /** Whether the object around the field cannot do without it. */
  readonly required?: true;
}

/**
 * Fields by their path in a row. A dot leads into an object, `[]` to the elements of a list, `*` to the values of a map.
 * Objects, lists and maps need no entry of their own, only a list whose length is limited has one.
 *
 * @example { 'identityMap.*[].id': text }
 */
export type FieldTable = { readonly [path: string]: Field };

export const text: Field = { type: 'string' };
export const flag: Field = { type: 'boolean' };
export const decimal: Field = { type: 'number' };
/** A whole number of 32 bits, as it is in XDM where nothing else is said. */
export const whole: Field = { type: 'integer' };
/** A whole number that counts or measures something. */
export const count: Field = { type: 'integer', minimum: 0 };
export const instant: Field = { type: 'string', format: 'date-time' };
export const day: Field = { type: 'string', format: 'date' };
export const uri: Field = { type: 'string', format: 'uri' };
export const uriReference: Field = { type: 'string', format: 'uri-reference' };
/** ISO 4217. */
export const currency: Field = { type: 'string', pattern: '^[A-Z]{3}$' };

/** Text that is one of these values. */
export function oneOf(...values: readonly string[]): Field {
  return { type: 'string', enum: [...values] };
}

/** The same field, but the object around it has to have it. */
export function required(field: Field): Field {
  return { ...field, required: true };
}

/** The same field under each of the paths. */
export function each(field: Field, ...paths: readonly string[]): FieldTable {
  return Object.fromEntries(paths.map((path) => [path, field]));
}

/** A whole table below each of the paths. */
export function under(table: FieldTable, ...paths: readonly string[]): FieldTable {
  const fields = Object.entries(table);
  return Object.fromEntries(
    paths.flatMap((path) => fields.map(([name, field]) => [`${path}.${name}`, field])),
  );
}

/** What XDM counts with: the field group says what is counted, `value` how often. */
export const measure: FieldTable = { id: text, value: required(decimal) };
