import { MappingError } from './mapping-error.ts';
import { Real } from './real.ts';
import { ZonedDate } from './zoned-date.ts';

/** An object of the language: from JSON, or made by a function (then without a prototype). */
export type ObjectValue = { readonly [name: string]: Value };

/** A lambda, which takes as many values as it names. */
export type Lambda = (...values: Value[]) => Value;

/** Every value that an expression can have. A missing field is null or undefined: the language knows no difference. */
export type Value =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Real
  | ZonedDate
  | Lambda
  | readonly Value[]
  | ObjectValue;

/** Largest text that an expression may make: a hundred times Profile's limit for a whole event. */
export const maxTextLength = 1_048_576;
/** Most elements that an expression may make a list of. */
export const maxListLength = 100_000;

/** Whether the value is an object with keys. */
export function isObjectValue(value: Value): value is ObjectValue {
  return typeof value === 'object' && value !== null && !isList(value) && !isScalarObject(value);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isScalarObject(value: object): value is Real | ZonedDate {
  return value instanceof Real || value instanceof ZonedDate;
}

/** An object that inherits nothing, so that any key is only a key: `__proto__` and `constructor` too. */
export function newObject(): Record<string, Value> {
  return Object.create(null);
}

/** The language's name of a value's type, for messages. */
export function typeName(value: Value): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Real || typeof value === 'number' || typeof value === 'bigint') return 'a number';
  if (value instanceof ZonedDate) return 'a date';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'function') return 'a lambda';
  return typeof value === 'boolean' ? 'a boolean' : 'an object';
}

/** @throws {MappingError} when the text is longer than an expression may make. */
export function boundText(text: string): string {
  if (text.length > maxTextLength) throw new MappingError(`a text of more than ${maxTextLength} characters`);
  return text;
}

/** Texts with a separator between each two. @throws {MappingError} when that is longer than an expression may make. */
export function joined(texts: readonly string[], separator: string): string {
  // Counted before it is made: many elements and a long separator are more text than there is memory.
  if (texts.length * separator.length > maxTextLength + separator.length)
    throw new MappingError(`a text of more than ${maxTextLength} characters`);
  return boundText(texts.join(separator));
}

/** @throws {MappingError} when the list is longer than an expression may make. */
export function boundList<Item>(list: readonly Item[]): readonly Item[] {
  if (list.length > maxListLength) throw new MappingError(`a list of more than ${maxListLength} elements`);
  return list;
}
