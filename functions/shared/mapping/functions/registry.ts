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
  /**
   * Arguments whose size costs the function nothing, so that it isn't counted: it passes all of them on, or looks
   * something up in the first. Then its result isn't counted either.
   */
  readonly free?: 'all' | 'first';
}

/** A function with a fixed number of arguments, or a range of them. */
export function fn(min: number, max: number, call: (...values: Value[]) => Value): FunctionSpec {
  return { min, max, call };
}

/** As `fn`, for a function that only passes its arguments on. */
export function passing(min: number, max: number, call: (...values: Value[]) => Value): FunctionSpec {
  return { min, max, call, free: 'all' };
}

/** As `fn`, for a function that only looks something up in its first argument. */
export function lookingUp(min: number, max: number, call: (...values: Value[]) => Value): FunctionSpec {
  return { min, max, call, free: 'first' };
}

/** No upper bound of arguments; the expression's length bounds them. */
export const many = Number.POSITIVE_INFINITY;
