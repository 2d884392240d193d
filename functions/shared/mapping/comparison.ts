import { matchesWhole } from './regex.ts';
import { MappingError } from './values/mapping-error.ts';
import { sizeOf, spendRepeated } from './values/meter.ts';
import { numericOf, readNumeric } from './values/numbers.ts';
import { Real } from './values/real.ts';
import { textOf } from './values/text.ts';
import { isList, isObjectValue, typeName, type Value } from './values/value.ts';
import { ZonedDate } from './values/zoned-date.ts';

/** What `?`, `?:`, `&&` and `||` take for true: texts but "" and "false", numbers but 0 and NaN. */
export function isTrue(value: Value): boolean {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return value !== '' && value !== 'false';
    case 'number':
      return value !== 0 && !Number.isNaN(value);
    case 'bigint':
      return value !== 0n;
  }
  return value instanceof Real && value.value !== 0;
}

/** Numbers and what counts as one beside them. */
export function isNumber(value: Value): boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean' ||
    value instanceof Real
  );
}

/** `==`: converts between types as JEXL does, so that 1 equals "1" and true equals any text but "" and "false". */
export function equals(left: Value, right: Value): boolean {
  if (left == null || right == null) return left == null && right == null;
  if (typeof left === 'string' && typeof right === 'string') return left === right;
  if (typeof left === 'boolean' || typeof right === 'boolean') return isTrue(left) === isTrue(right);
  if (isNumber(left) || isNumber(right)) return compareNumbers(left, right) === 0;
  if (left instanceof ZonedDate && right instanceof ZonedDate) return left.epochMs === right.epochMs;
  if (typeof left === 'string' || typeof right === 'string') return textOf(left) === textOf(right);
  return left === right;
}

/** Whether two values are the same without conversion, but for numbers written as text: 1 is the same as "1". */
export function isSame(left: Value, right: Value): boolean {
  if (left == null || right == null) return left == null && right == null;
  if (isList(left) || isList(right) || isObjectValue(left) || isObjectValue(right)) return left === right;
  // A value is held against each element of a list: large numbers and dates get their text anew each time.
  if (isLong(left) || isLong(right)) spendRepeated(sizeOf(left) + sizeOf(right));
  if (textOf(left) === textOf(right)) return true;
  if (typeof left === 'string' && typeof right === 'string') return false;
  const [a, b] = [numberIn(left), numberIn(right)];
  return a !== undefined && b !== undefined && a >= b && a <= b;
}

function isLong(value: Value): boolean {
  return typeof value === 'bigint' || value instanceof ZonedDate;
}

function numberIn(value: Value): number | bigint | undefined {
  if (typeof value === 'string') return value === '' ? undefined : readNumeric(value)?.value;
  return isNumber(value) && typeof value !== 'boolean' ? numericOf(value).value : undefined;
}

/** Beside an integer, JEXL reads a text as an integer: "1.0" is none, and no number there. */
function compareNumbers(left: Value, right: Value): number {
  const a = numericOf(left);
  const b = numericOf(right);
  const [text, other] = typeof left === 'string' ? [a, b] : [b, a];
  if (
    (typeof left === 'string' || typeof right === 'string') &&
    other.kind === 'integer' &&
    text.kind === 'real'
  )
    throw new MappingError('the text is not a whole number, as the number beside it is');
  // Mixed comparison of bigint and number is exact in JavaScript.
  if (a.value < b.value) return -1;
  if (a.value > b.value) return 1;
  return a.value >= b.value ? 0 : Number.NaN;
}

/** Two nulls are neither less nor greater, and yet `<=` and `>=` hold for them, and so do `=^` and `=$`. */
function bothNull(left: Value, right: Value): boolean {
  return left == null && right == null;
}

/** As `compare`; no comparison with NaN holds, and so none with null. */
function compareOrNaN(left: Value, right: Value): number {
  return left == null || right == null ? Number.NaN : compare(left, right);
}

/** Order of two values: numbers by size, dates by time, anything else by its text. */
export function compare(left: Value, right: Value): number {
  if (isNumber(left) || isNumber(right)) return compareNumbers(left, right);
  if (left instanceof ZonedDate && right instanceof ZonedDate) return left.epochMs - right.epochMs;
  if (typeof left === 'string' || typeof right === 'string') {
    const a = textOf(left) ?? '';
    const b = textOf(right) ?? '';
    return a < b ? -1 : a > b ? 1 : 0;
  }
  throw new MappingError(`${typeName(left)} and ${typeName(right)} have no order`);
}

/** `=~`: the whole text against a pattern, or whether a list or a map's keys contain the value. */
function matches(left: Value, right: Value): boolean {
  if (left == null && right == null) return true;
  if (left == null || right == null) return false;
  if (isList(right)) return right.some((item) => isSame(left, item));
  if (isObjectValue(right)) return Object.hasOwn(right, textOf(left) ?? '');
  return matchesWhole(textOf(left) ?? '', textOf(right) ?? '');
}

/** Whether a test holds of two texts; of null beside a text it never does. */
function withTexts(left: Value, right: Value, test: (text: string, part: string) => boolean): boolean {
  const [text, part] = [textOf(left), textOf(right)];
  return text !== null && part !== null && test(text, part);
}

/** The operators that compare; none of them depends on the mode. */
export const comparisons = {
  equals,
  less: (left: Value, right: Value): boolean => compareOrNaN(left, right) < 0,
  greater: (left: Value, right: Value): boolean => compareOrNaN(left, right) > 0,
  lessOrEqual: (left: Value, right: Value): boolean =>
    compareOrNaN(left, right) <= 0 || bothNull(left, right),
  greaterOrEqual: (left: Value, right: Value): boolean =>
    compareOrNaN(left, right) >= 0 || bothNull(left, right),
  matches,
  startsWith: (left: Value, right: Value): boolean =>
    bothNull(left, right) || withTexts(left, right, (text, part) => text.startsWith(part)),
  endsWith: (left: Value, right: Value): boolean =>
    bothNull(left, right) || withTexts(left, right, (text, part) => text.endsWith(part)),
};
