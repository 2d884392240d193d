import { MappingError } from '../values/mapping-error.ts';
import { wholeNumber } from '../values/numbers.ts';
import { textOf } from '../values/text.ts';
import {
  isList,
  isObjectValue,
  type Lambda,
  type ObjectValue,
  typeName,
  type Value,
} from '../values/value.ts';
import { ZonedDate } from '../values/zoned-date.ts';

/** An argument as text; null stays null, and lists and objects are refused. */
export function text(value: Value): string | null {
  if (typeof value === 'string') return value;
  if (isList(value) || isObjectValue(value))
    throw new MappingError(`expected a text, found ${typeName(value)}`);
  return textOf(value);
}

/** An argument that has to be a text. */
export function requiredText(value: Value, what: string): string {
  const read = text(value);
  if (read === null) throw new MappingError(`${what} is null`);
  return read;
}

export function integer(value: Value, what: string, fallback?: number): number {
  if (value === null || value === undefined) {
    if (fallback !== undefined) return fallback;
    throw new MappingError(`${what} is null`);
  }
  return wholeNumber(value, what);
}

/** An argument as a list; null stays null. */
export function list(value: Value): readonly Value[] | null {
  if (value === null || value === undefined) return null;
  if (!isList(value)) throw new MappingError(`expected a list, found ${typeName(value)}`);
  return value;
}

/** An argument as an object; null stays null. */
export function object(value: Value): ObjectValue | null {
  if (value === null || value === undefined) return null;
  if (!isObjectValue(value)) throw new MappingError(`expected an object, found ${typeName(value)}`);
  return value;
}

export function date(value: Value): ZonedDate | null {
  if (value === null || value === undefined) return null;
  if (!(value instanceof ZonedDate)) throw new MappingError(`expected a date, found ${typeName(value)}`);
  return value;
}

export function lambda(value: Value): Lambda {
  if (typeof value !== 'function') throw new MappingError(`expected a lambda, found ${typeName(value)}`);
  return value;
}

/** Several arguments, or the elements of the only one when that is a list. */
export function spread(values: readonly Value[]): readonly Value[] {
  const [only] = values;
  return values.length === 1 && isList(only) ? only : values;
}
