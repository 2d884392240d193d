import { instantText, parseDefaultDate } from './dates/parse-date.ts';
import type { ScalarType } from './field-shape.ts';
import { MappingError } from './values/mapping-error.ts';
import { readNumeric } from './values/numbers.ts';
import { Real } from './values/real.ts';
import { textOf } from './values/text.ts';
import { typeName, type Value } from './values/value.ts';
import { isWritableInstant, ZonedDate } from './values/zoned-date.ts';

const trueTexts = new Set(['y', 'yes', 'Y', 'YES', 'on', 'ON', 'true', 'TRUE']);
const falseTexts = new Set(['n', 'N', 'no', 'NO', 'off', 'OFF', 'false', 'FALSE']);
const ranges = {
  int: { least: -(2 ** 31), most: 2 ** 31 - 1 },
  integer: { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER },
} as const;

/**
 * A value, neither null nor empty, as a typed field takes it.
 *
 * @throws {MappingError} when the field can't take it.
 */
export function coerceScalar(value: Value, type: Exclude<ScalarType, 'any'>): Value {
  switch (type) {
    case 'string':
      return toText(value);
    case 'int':
    case 'integer':
      return toInteger(value, type);
    case 'number':
      return numberOf(value);
    case 'boolean':
      return toBoolean(value);
    case 'date':
      return toInstant(value).slice(0, 10);
    case 'date-time':
      return toInstant(value);
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

function toInteger(value: Value, type: keyof typeof ranges): Value {
  const number = numberOf(value);
  if (!Number.isInteger(number)) throw new MappingError('expected a whole number, found one with a fraction');
  const { least, most } = ranges[type];
  if (number < least || number > most) {
    throw new MappingError(`the number is beyond the range of the field, ${least} to ${most}`);
  }
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
  if (typeof value === 'number' || value instanceof Real) return instantOfNumber(numberOf(value));
  if (typeof value !== 'string') throw new MappingError(`expected a date, found ${typeName(value)}`);
  // The 29th to 31st may not exist in the month: those days are read in full.
  if (instantPattern.test(value) && (value[8] ?? '3') < '3' && value.slice(8, 10) !== '29') return value;
  return instantText(parseDefaultDate(value));
}

/** As seconds, numbers below this reach to the year 5138; as milliseconds, to March 1973. */
const leastMilliseconds = 100_000_000_000;

/** Platform reads whole numbers as milliseconds since 1970. Mixpanel's own times are seconds, and would become 1970. */
function instantOfNumber(number: number): string {
  if (!Number.isInteger(number) || !isWritableInstant(number))
    throw new MappingError('the number is no instant in milliseconds since 1970');
  if (Math.abs(number) < leastMilliseconds)
    throw new MappingError('the number looks like seconds since 1970: multiply it by 1000');
  return instantText(new ZonedDate(number));
}
