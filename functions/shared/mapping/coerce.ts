import { instantText, parseDefaultDate } from './dates/parse-date.ts';
import { type FieldShape, fieldOf, isListShape, isObjectShape, type ScalarType } from './field-shape.ts';
import { MappingError } from './values/mapping-error.ts';
import { readNumeric } from './values/numbers.ts';
import { Real } from './values/real.ts';
import { textOf } from './values/text.ts';
import { isList, isObjectValue, newObject, typeName, type Value } from './values/value.ts';
import { ZonedDate } from './values/zoned-date.ts';

const trueTexts = new Set(['y', 'yes', 'Y', 'YES', 'on', 'ON', 'true', 'TRUE']);
const falseTexts = new Set(['n', 'N', 'no', 'NO', 'off', 'OFF', 'false', 'FALSE']);
const maxInteger = Number.MAX_SAFE_INTEGER;
/** Deeper than any row may reasonably be; it bounds the recursion for records of any shape. */
const maxDepth = 100;

/**
 * Turns a value into what its target field takes. Null and empty values become undefined: Platform refuses them.
 *
 * @throws {MappingError} when the field can't take the value.
 */
export function coerce(value: Value, shape: FieldShape, depth = 0): Value {
  if (value === null || value === undefined || value === '') return undefined;
  if (depth > maxDepth) throw new MappingError(`nested deeper than ${maxDepth} levels`);
  if (isListShape(shape)) return coerceList(value, shape[0], depth);
  if (isObjectShape(shape)) return coerceObject(value, shape, depth);
  return shape === 'any' ? coerceAny(value, depth) : coerceScalar(value, shape);
}

function coerceList(value: Value, element: FieldShape, depth: number): Value {
  if (!isList(value)) throw new MappingError(`expected a list, found ${typeName(value)}`);
  const kept = value.map((item) => coerce(item, element, depth + 1)).filter((item) => item !== undefined);
  return kept.length === 0 ? undefined : kept;
}

function coerceObject(value: Value, shape: FieldShape, depth: number): Value {
  if (!isObjectValue(value)) throw new MappingError(`expected an object, found ${typeName(value)}`);
  const kept = newObject();
  let isEmpty = true;
  for (const name of Object.keys(value)) {
    // Attributes that the target doesn't have are left out of the copy of an object.
    const field = fieldOf(shape, name);
    const child = field === undefined ? undefined : coerce(value[name], field, depth + 1);
    if (child === undefined) continue;
    kept[name] = child;
    isEmpty = false;
  }
  return isEmpty ? undefined : kept;
}

function coerceAny(value: Value, depth: number): Value {
  if (value instanceof ZonedDate) return value.toString();
  if (value instanceof Real) return coerceAny(value.value, depth);
  if (typeof value === 'function') throw new MappingError('a lambda is no value of a field');
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new MappingError('the number is not finite');
  if (isList(value)) return coerceList(value, 'any', depth);
  return isObjectValue(value) ? coerceObject(value, 'any', depth) : value;
}

/** A scalar for a typed field. */
export function coerceScalar(value: Value, type: ScalarType): Value {
  if (value === null || value === undefined || value === '') return undefined;
  switch (type) {
    case 'string':
      return toText(value);
    case 'integer':
      return toInteger(value);
    case 'number':
      return toNumber(value);
    case 'boolean':
      return toBoolean(value);
    case 'date':
      return toInstant(value).slice(0, 10);
    case 'date-time':
      return toInstant(value);
    case 'any':
      return coerceAny(value, 0);
  }
}

function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && !(value instanceof Real) && !(value instanceof ZonedDate)) {
    throw new MappingError(`expected a text, found ${typeName(value)}`);
  }
  return textOf(value) ?? '';
}

function numberOf(value: Value): number {
  const read = typeof value === 'string' ? readNumeric(value) : undefined;
  const number = read === undefined ? (value instanceof Real ? value.value : value) : read.value;
  if (typeof number === 'bigint') return Number(number);
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new MappingError(
    typeof value === 'string' ? 'the text is not a number' : `expected a number, found ${typeName(value)}`,
  );
}

function toNumber(value: Value): Value {
  return numberOf(value);
}

function toInteger(value: Value): Value {
  const number = numberOf(value);
  if (!Number.isInteger(number)) throw new MappingError('expected a whole number, found one with a fraction');
  if (Math.abs(number) > maxInteger)
    throw new MappingError('the number is beyond the range of an integer field');
  return number;
}

/** The spellings that Data Prep documents, and no others: `True` and `1` are not among them. */
function toBoolean(value: Value): Value {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw new MappingError(`expected a boolean, found ${typeName(value)}`);
  if (trueTexts.has(value)) return true;
  if (falseTexts.has(value)) return false;
  throw new MappingError('the text is no boolean');
}

/** What Platform's validator accepts as it is; asked first because it holds for nearly every timestamp. */
const instantPattern =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

function toInstant(value: Value): string {
  if (value instanceof ZonedDate) return instantText(value);
  if (typeof value !== 'string') throw new MappingError(`expected a date, found ${typeName(value)}`);
  // The 29th to 31st may not exist in the month: those days are read in full.
  if (instantPattern.test(value) && (value[8] ?? '3') < '3' && value.slice(8, 10) !== '29') return value;
  return instantText(parseDefaultDate(value));
}
