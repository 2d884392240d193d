import { MappingError } from '../values/mapping-error.ts';
import { type Numeric, narrow, numericOf, readNumeric } from '../values/numbers.ts';
import { real } from '../values/real.ts';
import type { Value } from '../values/value.ts';
import { type FunctionSpec, fn } from './registry.ts';

/** Reads a number, or a text that is one with blanks around it; null and blank texts are null. */
function converted(value: Value, make: (numeric: Numeric) => Value): Value {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string') return make(numericOf(value));
  const trimmed = value.trim();
  if (trimmed === '') return null;
  const numeric = readNumeric(trimmed);
  if (numeric === undefined) throw new MappingError('the text is not a number');
  return make(numeric);
}

function whole(numeric: Numeric): Value {
  if (numeric.kind === 'integer') return numeric.value;
  if (!Number.isFinite(numeric.value)) throw new MappingError('the number is not finite');
  return narrow(BigInt(Math.trunc(numeric.value)));
}

const maxInteger32 = 2_147_483_647;

/** A fraction is cut off; what an integer of 32 bits can't hold is refused. */
function integer32(numeric: Numeric): Value {
  const value = whole(numeric);
  if (typeof value === 'number' && value >= -maxInteger32 - 1 && value <= maxInteger32) return value;
  throw new MappingError('the number is beyond the range of to_integer; to_bigint takes any');
}

/** The shortest decimal that is this number in 32 bits, as Java prints it. */
function float32(numeric: Numeric): Value {
  const exact = Math.fround(Number(numeric.value));
  for (let digits = 1; digits <= 9; digits += 1) {
    const shorter = Number(exact.toPrecision(digits));
    if (Math.fround(shorter) === exact) return real(shorter);
  }
  return real(exact);
}

/** Texts to numbers. */
export const conversionFunctions: Readonly<Record<string, FunctionSpec>> = {
  to_bigint: fn(1, 1, (value) => converted(value, whole)),
  to_integer: fn(1, 1, (value) => converted(value, integer32)),
  to_decimal: fn(1, 1, (value) => converted(value, (numeric) => real(Number(numeric.value)))),
  to_float: fn(1, 1, (value) => converted(value, float32)),
};
