import { coerceScalar } from './coerce-scalar.ts';
import { type FieldShape, fieldOf, isListShape, isObjectShape } from './field-shape.ts';
import { MappingError } from './values/mapping-error.ts';
import { Real } from './values/real.ts';
import { isList, isObjectValue, newObject, typeName, type Value } from './values/value.ts';
import { ZonedDate } from './values/zoned-date.ts';

/** What becomes of empty texts, lists and objects, and of nulls inside lists. */
export type EmptyValues = 'omit' | 'keep';

/** Turns a value into what its target field takes; undefined when nothing is to be written. */
export type Coerce = (value: Value, shape: FieldShape) => Value;

/** Deeper than any row may reasonably be; it bounds the recursion for records of any shape. */
const maxDepth = 100;

/** The conversion into a target's types, which throws a MappingError when a field can't take its value. */
export function createCoerce(emptyValues: EmptyValues): Coerce {
  const keeps = emptyValues === 'keep';

  const coerce = (value: Value, shape: FieldShape, depth: number): Value => {
    if (value === null || value === undefined) return undefined;
    if (value === '') return keeps ? value : undefined;
    if (depth > maxDepth) throw new MappingError(`nested deeper than ${maxDepth} levels`);
    if (isListShape(shape)) return coerceList(value, shape[0], depth);
    if (isObjectShape(shape)) return coerceObject(value, shape, depth);
    return shape === 'any' ? coerceAny(value, depth) : coerceScalar(value, shape);
  };

  const coerceList = (value: Value, element: FieldShape, depth: number): Value => {
    if (!isList(value)) throw new MappingError(`expected a list, found ${typeName(value)}`);
    const items = value.map((item) => coerce(item, element, depth + 1));
    if (keeps) return items.map((item) => item ?? null);
    const kept = items.filter((item) => item !== undefined);
    return kept.length === 0 ? undefined : kept;
  };

  const coerceObject = (value: Value, shape: FieldShape, depth: number): Value => {
    if (!isObjectValue(value)) throw new MappingError(`expected an object, found ${typeName(value)}`);
    const kept = newObject();
    let isEmpty = !keeps;
    for (const name of Object.keys(value)) {
      // Attributes that the target doesn't have are left out of the copy of an object.
      const field = fieldOf(shape, name);
      const child = field === undefined ? undefined : coerce(value[name], field, depth + 1);
      if (child === undefined) continue;
      kept[name] = child;
      isEmpty = false;
    }
    return isEmpty ? undefined : kept;
  };

  const coerceAny = (value: Value, depth: number): Value => {
    if (value instanceof ZonedDate) return value.toString();
    if (value instanceof Real) return coerceAny(value.value, depth);
    if (typeof value === 'function') throw new MappingError('a lambda is no value of a field');
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new MappingError('the number is not finite');
    if (isList(value)) return coerceList(value, 'any', depth);
    return isObjectValue(value) ? coerceObject(value, 'any', depth) : value;
  };

  return (value, shape) => coerce(value, shape, 0);
}
