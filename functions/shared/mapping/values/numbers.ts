import { MappingError } from './mapping-error.ts';
import { Real } from './real.ts';
import { typeName, type Value } from './value.ts';

/** A number of the language: an integer of any size, or a floating-point number. */
export type Numeric =
  | { readonly kind: 'integer'; readonly value: number | bigint }
  | { readonly kind: 'real'; readonly value: number };

const integerText = /^[+-]?\d{1,400}$/;
const realText = /^[+-]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:[eE][+-]?\d{1,4})?$/;

/** Reads a value as a number. @throws {MappingError} when it is none. */
export function numericOf(value: Value): Numeric {
  switch (typeof value) {
    case 'number':
      return Number.isSafeInteger(value) ? { kind: 'integer', value } : { kind: 'real', value };
    case 'bigint':
      return { kind: 'integer', value };
    case 'boolean':
      return { kind: 'integer', value: value ? 1 : 0 };
    case 'string': {
      const read = readNumeric(value);
      if (read !== undefined) return read;
      throw new MappingError('the text is not a number');
    }
  }
  if (value instanceof Real) return { kind: 'real', value: value.value };
  throw new MappingError(`expected a number, found ${typeName(value)}`);
}

/** A number written as text; undefined when the text is none. An empty text counts as 0, as in JEXL. */
export function readNumeric(text: string): Numeric | undefined {
  if (text === '') return { kind: 'integer', value: 0 };
  if (integerText.test(text)) return { kind: 'integer', value: narrow(BigInt(text.replace(/^\+/, ''))) };
  if (realText.test(text)) return { kind: 'real', value: Number(text) };
  return text === 'NaN' ? { kind: 'real', value: Number.NaN } : undefined;
}

/** An integer as a number where that keeps every digit, else as a bigint. */
export function narrow(value: bigint): number | bigint {
  const isSafe = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
  return isSafe ? Number(value) : value;
}

/** The number as a JavaScript one; an integer beyond 2^53 loses digits. */
export function asDouble(numeric: Numeric): number {
  return Number(numeric.value);
}

/** Reads an argument that has to be a whole number within a JavaScript number's range. */
export function wholeNumber(value: Value, what: string): number {
  const numeric = numericOf(value);
  const number = Math.trunc(Number(numeric.value));
  if (!Number.isSafeInteger(number)) throw new MappingError(`${what} has to be a whole number`);
  return number;
}
