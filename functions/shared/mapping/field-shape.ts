/**
 * Types that a target field can have: `int` is XDM's whole number of 32 bits, `integer` one that JSON keeps exactly
 * (2^53); `any` takes every value as it is.
 */
export type ScalarType = 'string' | 'int' | 'integer' | 'number' | 'boolean' | 'date' | 'date-time' | 'any';

/**
 * What the target schema allows at a path: a scalar, a list of one shape, or an object with named fields. An object
 * whose only name is `*` is a map; an object that says `*` beside other names takes unknown names too.
 */
export type FieldShape = ScalarType | readonly [FieldShape] | { readonly [name: string]: FieldShape };

/** The shape of an object's field; undefined when the object doesn't have it. */
export function fieldOf(shape: FieldShape, name: string): FieldShape | undefined {
  if (shape === 'any') return 'any';
  if (!isObjectShape(shape)) return undefined;
  if (Object.hasOwn(shape, name)) return shape[name];
  return Object.hasOwn(shape, '*') ? shape['*'] : undefined;
}

/** The shape of a list's elements. */
export function elementOf(shape: FieldShape): FieldShape | undefined {
  if (shape === 'any') return 'any';
  return isListShape(shape) ? shape[0] : undefined;
}

export function isListShape(shape: FieldShape): shape is readonly [FieldShape] {
  return Array.isArray(shape);
}

export function isObjectShape(shape: FieldShape): shape is { readonly [name: string]: FieldShape } {
  return typeof shape === 'object' && !Array.isArray(shape);
}
