import { matchesWhole } from './regex.ts';
import { MappingError } from './values/mapping-error.ts';
import { asDouble, type Numeric, narrow, numericOf } from './values/numbers.ts';
import { Real, real } from './values/real.ts';
import { textOf } from './values/text.ts';
import { boundText, isList, isObjectValue, maxListLength, typeName, type Value } from './values/value.ts';
import { ZonedDate } from './values/zoned-date.ts';

/** The operators with the arithmetic of one of the two modes in which JEXL runs. */
export type Operators = ReturnType<typeof createOperators>;

const maxInteger64 = 2n ** 63n;

/**
 * @param strict null operands fail and `"1" + 2` is "12". Otherwise null counts as 0, "" or false, and a text that
 * is a number adds up with a number: that is what Adobe's own mappings rely on.
 */
export function createOperators(strict: boolean) {
  const operand = (value: Value): Value => {
    if (value !== null && value !== undefined) return value;
    if (strict) throw new MappingError('an operand is null');
    return 0;
  };
  const numbers = (left: Value, right: Value) =>
    [numericOf(operand(left)), numericOf(operand(right))] as const;

  const add = (left: Value, right: Value): Value => {
    if (typeof left === 'number' && typeof right === 'number') {
      const sum = left + right;
      if (Number.isSafeInteger(left) && Number.isSafeInteger(right) && Number.isSafeInteger(sum)) return sum;
    }
    if (strict && (left == null || right == null)) throw new MappingError('an operand is null');
    if (concatenates(left, right, strict)) return boundText((textOf(left) ?? '') + (textOf(right) ?? ''));
    const [a, b] = numbers(left, right);
    return arithmetic(
      a,
      b,
      (x, y) => x + y,
      (x, y) => x + y,
    );
  };
  const subtract = (left: Value, right: Value): Value => {
    const [a, b] = numbers(left, right);
    return arithmetic(
      a,
      b,
      (x, y) => x - y,
      (x, y) => x - y,
    );
  };
  const multiply = (left: Value, right: Value): Value => {
    const [a, b] = numbers(left, right);
    return arithmetic(
      a,
      b,
      (x, y) => x * y,
      (x, y) => x * y,
    );
  };
  const divided = (
    left: Value,
    right: Value,
    integers: (x: bigint, y: bigint) => bigint,
    reals: (x: number, y: number) => number,
  ) => {
    const [a, b] = numbers(left, right);
    if (Number(b.value) === 0) {
      if (strict) throw new MappingError('division by zero');
      return new Real(0);
    }
    return arithmetic(a, b, integers, reals);
  };

  return {
    add,
    subtract,
    multiply,
    /** Of two integers the whole part: 7 / 2 is 3. */
    divide: (left: Value, right: Value): Value =>
      divided(
        left,
        right,
        (x, y) => x / y,
        (x, y) => x / y,
      ),
    remainder: (left: Value, right: Value): Value =>
      divided(
        left,
        right,
        (x, y) => x % y,
        (x, y) => x % y,
      ),
    negate: (value: Value): Value => multiply(value, -1),
    plus: (value: Value): Value => add(0, operand(value) === '' ? 0 : operand(value)),
    complement: (value: Value): Value => bits(operand(value), 0n, (x) => ~x),
    bitAnd: (left: Value, right: Value): Value => bits(operand(left), operand(right), (x, y) => x & y),
    bitOr: (left: Value, right: Value): Value => bits(operand(left), operand(right), (x, y) => x | y),
    bitXor: (left: Value, right: Value): Value => bits(operand(left), operand(right), (x, y) => x ^ y),
    truthy: (value: Value): boolean => {
      if (typeof value === 'boolean') return value;
      if (value == null && strict) throw new MappingError('an operand is null');
      return isTrue(value);
    },
    equals,
    less: (left: Value, right: Value): boolean => compareOrNaN(left, right) < 0,
    greater: (left: Value, right: Value): boolean => compareOrNaN(left, right) > 0,
    lessOrEqual: (left: Value, right: Value): boolean =>
      compareOrNaN(left, right) <= 0 || bothNull(left, right),
    greaterOrEqual: (left: Value, right: Value): boolean =>
      compareOrNaN(left, right) >= 0 || bothNull(left, right),
    matches,
    startsWith: (left: Value, right: Value): boolean => (textOf(left) ?? '').startsWith(prefixOf(right)),
    endsWith: (left: Value, right: Value): boolean => (textOf(left) ?? '').endsWith(prefixOf(right)),
    range,
    isEmpty,
    sizeOf,
  };
}

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

function concatenates(left: Value, right: Value, strict: boolean): boolean {
  const leftText = typeof left === 'string';
  const rightText = typeof right === 'string';
  if (strict || (leftText && rightText)) return leftText || rightText || !(isNumber(left) && isNumber(right));
  // Lenient: one text beside a number adds up when the text is a number, and joins otherwise.
  return !(addsUp(left) && addsUp(right));
}

function isNumber(value: Value): boolean {
  return (
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'boolean' ||
    value instanceof Real
  );
}

function addsUp(value: Value): boolean {
  if (value == null || isNumber(value)) return true;
  if (typeof value !== 'string' || value === '') return false;
  try {
    numericOf(value);
    return true;
  } catch {
    return false;
  }
}

function arithmetic(
  a: Numeric,
  b: Numeric,
  integers: (x: bigint, y: bigint) => bigint,
  reals: (x: number, y: number) => number,
): Value {
  if (a.kind === 'integer' && b.kind === 'integer') return narrow(integers(BigInt(a.value), BigInt(b.value)));
  return real(reals(asDouble(a), asDouble(b)));
}

function bits(left: Value, right: Value, operation: (x: bigint, y: bigint) => bigint): Value {
  const integer = (value: Value) => BigInt.asIntN(64, BigInt(Math.trunc(finite(numericOf(value)))));
  return narrow(BigInt.asIntN(64, operation(integer(left), integer(right))));
}

function finite(numeric: Numeric): number {
  const number = asDouble(numeric);
  if (!Number.isFinite(number) || Math.abs(number) > Number(maxInteger64)) {
    throw new MappingError('bitwise operators take integers of 64 bits');
  }
  return number;
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

function compareNumbers(left: Value, right: Value): number {
  const a = numericOf(left);
  const b = numericOf(right);
  // Mixed comparison of bigint and number is exact in JavaScript.
  if (a.value < b.value) return -1;
  if (a.value > b.value) return 1;
  return a.value >= b.value ? 0 : Number.NaN;
}

function bothNull(left: Value, right: Value): boolean {
  return left == null && right == null;
}

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
  if (isList(right)) return right.some((item) => equals(left, item));
  if (isObjectValue(right)) return Object.hasOwn(right, textOf(left) ?? '');
  return matchesWhole(textOf(left) ?? '', textOf(right) ?? '');
}

function prefixOf(value: Value): string {
  const text = textOf(value);
  if (text === null) throw new MappingError('expected a text, found null');
  return text;
}

function range(from: Value, to: Value): readonly Value[] {
  const [start, end] = [Math.trunc(asDouble(numericOf(from))), Math.trunc(asDouble(numericOf(to)))];
  const length = Math.abs(end - start) + 1;
  if (!(length <= maxListLength)) throw new MappingError(`a range of more than ${maxListLength} elements`);
  return Array.from({ length }, (_, index) => start + (end >= start ? index : -index));
}

/** Null, "", an empty list and an empty object. `empty` takes 0 and NaN as well. */
function isEmpty(value: Value): boolean {
  if (typeof value === 'number') return value === 0 || Number.isNaN(value);
  if (value instanceof Real) return value.value === 0;
  return value == null || value === '' || sizeOrUndefined(value) === 0;
}

function sizeOf(value: Value): number {
  const size = sizeOrUndefined(value);
  if (size !== undefined) return size;
  throw new MappingError(`${typeName(value)} has no size`);
}

function sizeOrUndefined(value: Value): number | undefined {
  if (value == null) return 0;
  if (typeof value === 'string' || isList(value)) return value.length;
  return isObjectValue(value) ? Object.keys(value).length : undefined;
}
