import { bitwise, calculate, concatenates, type Operation, operations } from './arithmetic.ts';
import { comparisons, isTrue } from './comparison.ts';
import { MappingError } from './values/mapping-error.ts';
import { spend } from './values/meter.ts';
import { asDouble, numericOf } from './values/numbers.ts';
import { Real } from './values/real.ts';
import { textOf } from './values/text.ts';
import { boundText, isList, isObjectValue, maxListLength, typeName, type Value } from './values/value.ts';

/** The operators with the arithmetic of one of the two modes in which JEXL runs. */
export type Operators = ReturnType<typeof createOperators>;

/**
 * @param strict null operands fail and `"1" + 2` is "12". Otherwise null counts as 0, "" or false, and a text that
 * is a number adds up with a number: that is what Adobe's own mappings rely on.
 */
export function createOperators(strict: boolean) {
  /** A null operand counts as 0, or fails in the strict mode. */
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
    if (concatenates(left, right, strict)) {
      const joined = boundText((textOf(left) ?? '') + (textOf(right) ?? ''));
      spend(joined.length);
      return joined;
    }
    const [a, b] = numbers(left, right);
    return calculate(a, b, operations.add);
  };
  const multiply = (left: Value, right: Value): Value => {
    const [a, b] = numbers(left, right);
    return calculate(a, b, operations.multiply);
  };
  /** Lenient arithmetic swallows a division by zero. */
  const divided = (left: Value, right: Value, operation: Operation): Value => {
    const [a, b] = numbers(left, right);
    if (Number(b.value) !== 0) return calculate(a, b, operation);
    if (strict) throw new MappingError('division by zero');
    return new Real(0);
  };

  return {
    add,
    subtract: (left: Value, right: Value): Value => {
      const [a, b] = numbers(left, right);
      return calculate(a, b, operations.subtract);
    },
    multiply,
    divide: (left: Value, right: Value): Value => divided(left, right, operations.divide),
    remainder: (left: Value, right: Value): Value => divided(left, right, operations.remainder),
    negate: (value: Value): Value => multiply(value, -1),
    plus: (value: Value): Value => multiply(value, 1),
    complement: (value: Value): Value => bitwise(operand(value), 0n, (x) => ~x),
    bitAnd: (left: Value, right: Value): Value => bitwise(operand(left), operand(right), (x, y) => x & y),
    bitOr: (left: Value, right: Value): Value => bitwise(operand(left), operand(right), (x, y) => x | y),
    bitXor: (left: Value, right: Value): Value => bitwise(operand(left), operand(right), (x, y) => x ^ y),
    truthy: (value: Value): boolean => {
      if (typeof value === 'boolean') return value;
      if (value == null && strict) throw new MappingError('an operand is null');
      return isTrue(value);
    },
    ...comparisons,
    range: (from: Value, to: Value): readonly Value[] => range(operand(from), operand(to)),
    isEmpty,
    sizeOf,
  };
}

function range(from: Value, to: Value): readonly Value[] {
  const [start, end] = [Math.trunc(asDouble(numericOf(from))), Math.trunc(asDouble(numericOf(to)))];
  const length = Math.abs(end - start) + 1;
  if (!(length <= maxListLength)) throw new MappingError(`a range of more than ${maxListLength} elements`);
  spend(length);
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
