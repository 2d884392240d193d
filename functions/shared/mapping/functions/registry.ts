import type { Value } from '../values/value.ts';

/** What the outside world lends to the language; everything else in it is a pure function. */
export interface World {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly uuid: () => string;
}

/** A function of the language. Every argument may be null. */
export interface FunctionSpec {
  readonly min: number;
  readonly max: number;
  readonly call: (...values: Value[]) => Value;
}

/** A function with a fixed number of arguments, or a range of them. */
export function fn(min: number, max: number, call: (...values: Value[]) => Value): FunctionSpec {
  return { min, max, call };
}

/** No upper bound of arguments; the expression's length bounds them. */
export const many = Number.POSITIVE_INFINITY;
