import { coerce } from '../coerce.ts';
import type { FieldShape } from '../field-shape.ts';
import type { Segment } from '../language/path-text.ts';
import { asObject, at, own } from '../records.ts';
import { isList, isObjectValue, newObject, type Value } from '../values/value.ts';
import { shapeAt } from './destination-tree.ts';

/** Where below a built field a rule writes. */
export interface BuiltPart {
  readonly path: readonly Segment[];
}

/** The values of a path with `[*]`, one for each element; nested lists for several. */
export class Each {
  readonly values: readonly Value[];

  constructor(values: readonly Value[]) {
    this.values = values;
  }
}

/** Reads a path with `[*]` from a record. An element without the rest of the path keeps its place. */
export function readEach(start: Value, path: readonly Segment[]): Value | Each {
  let value: Value = start;
  for (const [index, segment] of path.entries()) {
    if (segment.kind === 'each') {
      if (!isList(value)) return undefined;
      const rest = path.slice(index + 1);
      return new Each(value.map((item) => flatEach(readEach(item, rest))));
    }
    value = segment.kind === 'index' ? at(value, segment.index) : own(asObject(value), segment.name);
  }
  return value;
}

function flatEach(value: Value | Each): Value {
  return value instanceof Each ? value.values : value;
}

/**
 * Puts the values of several rules together to one field: copies first, then what is more specific. Null values
 * write nothing.
 */
export function buildTarget(
  shape: FieldShape,
  parts: readonly BuiltPart[],
  values: readonly (Value | Each)[],
  fail: (part: number, error: unknown) => void,
): Value {
  let built: Value;
  for (const [index, part] of parts.entries()) {
    const value = values[index];
    if (value === null || value === undefined) continue;
    try {
      built = place(built, part.path, value, { shape, path: [] });
    } catch (error) {
      fail(index, error);
    }
  }
  return prune(built);
}

interface Position {
  readonly shape: FieldShape;
  readonly path: readonly Segment[];
}

function place(into: Value, path: readonly Segment[], value: Value | Each, position: Position): Value {
  const [segment, ...rest] = path;
  if (segment === undefined) {
    if (value instanceof Each) return value.values.map((item) => coerce(item, elementShape(position)));
    return coerce(value, shapeAt(position.shape, position.path));
  }
  const next = { ...position, path: [...position.path, segment] };
  if (segment.kind === 'key') {
    const object = isObjectValue(into) ? into : newObject();
    const made = copyOf(object);
    const child = place(
      Object.hasOwn(made, segment.name) ? made[segment.name] : undefined,
      rest,
      value,
      next,
    );
    if (child !== undefined) made[segment.name] = child;
    return made;
  }
  const list = isList(into) ? [...into] : [];
  if (segment.kind === 'index') {
    const child = place(list[segment.index], rest, value, next);
    if (child === undefined) return list;
    while (list.length < segment.index) list.push(undefined);
    list[segment.index] = child;
    return list;
  }
  // Each element of the source has its place in the target; one value that is no list is written to the first.
  const items = value instanceof Each ? value.values : isList(value) && rest.length === 0 ? value : [value];
  for (const [index, item] of items.entries()) {
    const inner = isList(item) && rest.some((later) => later.kind === 'each') ? new Each(item) : item;
    const child = place(list[index], rest, inner, next);
    while (list.length < index) list.push(undefined);
    if (child !== undefined) list[index] = child;
  }
  return list;
}

function elementShape(position: Position): FieldShape {
  return shapeAt(position.shape, [...position.path, { kind: 'each' }]);
}

function copyOf(object: { readonly [name: string]: Value }): Record<string, Value> {
  const made = newObject();
  for (const [name, value] of Object.entries(object)) made[name] = value;
  return made;
}

/** Takes out what stayed empty: unused places of lists, objects and lists without content. */
function prune(value: Value): Value {
  if (value === undefined) return undefined;
  return coerce(value, 'any');
}
