import { isNumber } from './comparison.ts';
import { MappingError } from './values/mapping-error.ts';
import { asDouble, type Numeric, narrow, numericOf } from './values/numbers.ts';
import { real } from './values/real.ts';
import type { Value } from './values/value.ts';

/** Integers have any size in the language; beyond a thousand digits they only cost time. */
const maxMagnitude = 10n ** 1_000n;

/** An operation on two numbers: on integers exactly, else on floating-point numbers. */
export interface Operation {
  readonly integers: (x: bigint, y: bigint) => bigint;
  readonly reals: (x: number, y: number) => number;
}

/** Division of two integers gives the whole part: 7 / 2 is 3. */
export const operations = {
  add: { integers: (x, y) => x + y, reals: (x, y) => x + y },
  subtract: { integers: (x, y) => x - y, reals: (x, y) => x - y },
  multiply: { integers: (x, y) => x * y, reals: (x, y) => x * y },
  divide: { integers: (x, y) => x / y, reals: (x, y) => x / y },
  remainder: { integers: (x, y) => x % y, reals: (x, y) => x % y },
} satisfies Record<string, Operation>;

/** The result of an operation, in the narrowest type that holds it. */
export function calculate(a: Numeric, b: Numeric, { integers, reals }: Operation): Value {
  if (a.kind !== 'integer' || b.kind !== 'integer') return real(reals(asDouble(a), asDouble(b)));
  const result = integers(BigInt(a.value), BigInt(b.value));
  if (result > maxMagnitude || result < -maxMagnitude) throw new MappingError('the number is too large');
  return narrow(result);
}

/** A bitwise operation on integers of 64 bits, as Java's long. */
export function bitwise(left: Value, right: Value, operation: (x: bigint, y: bigint) => bigint): Value {
  return narrow(BigInt.asIntN(64, operation(long(left), long(right))));
}

function long(value: Value): bigint {
  const { value: number } = numericOf(value);
  if (typeof number === 'bigint') return BigInt.asIntN(64, number);
  if (!Number.isFinite(number)) throw new MappingError('bitwise operators take integers');
  return BigInt.asIntN(64, BigInt(Math.trunc(number)));
}

/** Whether `+` joins texts instead of adding numbers. */
export function concatenates(left: Value, right: Value, strict: boolean): boolean {
  const leftText = typeof left === 'string';
  const rightText = typeof right === 'string';
  if (strict || (leftText && rightText)) return leftText || rightText || !(isNumber(left) && isNumber(right));
  // Lenient: one text beside a number adds up when the text is a number, and joins otherwise.
  return !(addsUp(left) && addsUp(right));
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
