import type { Coerce } from '../coerce.ts';
import type { FieldShape } from '../field-shape.ts';
import type { Segment } from '../language/path-text.ts';
import { asObject, at, own } from '../records.ts';
import { sizeOf, spend } from '../values/meter.ts';
import { isList, isObjectValue, newObject, type Value } from '../values/value.ts';
import { shapeAt } from './destination-tree.ts';

/** Where below a built field a rule writes, and what of a copied object it leaves out. */
export interface BuiltPart {
  readonly path: readonly Segment[];
  /** Fields that another rule takes from the same object to another place. */
  readonly without: readonly (readonly string[])[];
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
      spend(value.length);
      const rest = path.slice(index + 1);
      return new Each(
        value.map((item) => {
          const read = readEach(item, rest);
          return read instanceof Each ? read.values : read;
        }),
      );
    }
    value = segment.kind === 'index' ? at(value, segment.index) : own(asObject(value), segment.name);
  }
  return value;
}

/** Puts the values of several rules together to one field. */
export interface TargetBuilder {
  /**
   * Copies come first, then what is more specific; a single value for every element of a list comes last, when its
   * length is known. Null values write nothing. A value that its field can't take is told to `fail`.
   */
  build(
    shape: FieldShape,
    parts: readonly BuiltPart[],
    values: readonly (Value | Each)[],
    fail: (part: number, error: unknown) => void,
  ): Value;
}

/** Where in the field a value is being put: what its type is known by. */
interface Position {
  readonly shape: FieldShape;
  readonly path: readonly Segment[];
}

export function createTargetBuilder(coerce: Coerce): TargetBuilder {
  /** Puts a value at a path below another, and gives what that becomes. Nothing given is changed. */
  const place = (into: Value, path: readonly Segment[], value: Value | Each, position: Position): Value => {
    const [segment, ...rest] = path;
    if (segment === undefined) {
      if (!(value instanceof Each)) return coerce(value, shapeAt(position.shape, position.path));
      const element = shapeAt(position.shape, [...position.path, { kind: 'each' }]);
      return value.values.map((item) => coerce(item, element));
    }
    const next = { ...position, path: [...position.path, segment] };
    if (segment.kind === 'each') return placeEach(into, rest, value, next);
    const inner = segment.kind === 'key' ? own(asObject(into), segment.name) : at(into, segment.index);
    const child = place(inner, rest, value, next);
    if (segment.kind === 'index') return child === undefined ? into : withElement(into, segment.index, child);
    if (child === undefined) return into;
    const made = copyOf(isObjectValue(into) ? into : {});
    made[segment.name] = child;
    return made;
  };

  /** Element by element; a value that is no list goes to every element that there is. */
  const placeEach = (
    into: Value,
    rest: readonly Segment[],
    value: Value | Each,
    position: Position,
  ): Value => {
    const present = isList(into) ? into.length : 0;
    const items = elementsOf(value, Math.max(present, 1));
    // Copied once, as a list may have as many elements as a line has room for.
    const list: Value[] = isList(into) ? [...into] : [];
    let isWritten = false;
    for (const [index, item] of items.entries()) {
      const inner = isList(item) && rest.some((segment) => segment.kind === 'each') ? new Each(item) : item;
      const child = place(list[index], rest, inner, position);
      if (child === undefined) continue;
      putElement(list, index, child);
      isWritten = true;
    }
    return isWritten ? list : into;
  };

  return {
    build(shape, parts, values, fail) {
      let built: Value;
      for (const index of inOrder(parts, values)) {
        const part = parts[index];
        const value = values[index];
        if (part === undefined || value === null || value === undefined) continue;
        try {
          spend(sizeOf(value instanceof Each ? value.values : value));
          built = place(built, part.path, withoutFields(value, part.without), { shape, path: [] });
        } catch (error) {
          fail(index, error);
        }
      }
      return built === undefined ? undefined : coerce(built, 'any');
    },
  };
}

function elementsOf(value: Value | Each, count: number): readonly Value[] {
  if (value instanceof Each) return value.values;
  return isList(value) ? value : Array.from({ length: count }, () => value);
}

/** The parts' numbers, those last that give one value to every element of a list. */
function inOrder(parts: readonly BuiltPart[], values: readonly (Value | Each)[]): number[] {
  const numbers = parts.map((_, index) => index);
  const isBroadcast = (index: number) => {
    const value = values[index];
    return (
      parts[index]?.path.some(({ kind }) => kind === 'each') &&
      !(value instanceof Each) &&
      !isList(value ?? null)
    );
  };
  return [...numbers.filter((index) => !isBroadcast(index)), ...numbers.filter(isBroadcast)];
}

/** The list with an element at a place; places before it that nobody filled stay empty. */
function withElement(list: Value, index: number, element: Value): Value {
  const made = isList(list) ? [...list] : [];
  putElement(made, index, element);
  return made;
}

function putElement(list: Value[], index: number, element: Value): void {
  while (list.length < index) list.push(undefined);
  list[index] = element;
}

function withoutFields(value: Value | Each, paths: BuiltPart['without']): Value | Each {
  if (paths.length === 0) return value;
  if (value instanceof Each) return new Each(value.values.map((item) => withoutInEach(item, paths)));
  return paths.reduce<Value>((kept, path) => withoutField(kept, path), value);
}

/** An element of a path with several `[*]` may be a list of such elements again. */
function withoutInEach(item: Value, paths: BuiltPart['without']): Value {
  if (isList(item)) return item.map((inner) => withoutInEach(inner, paths));
  return paths.reduce<Value>((kept, path) => withoutField(kept, path), item);
}

function withoutField(value: Value, path: readonly string[]): Value {
  const [name, ...rest] = path;
  if (name === undefined || !isObjectValue(value) || !Object.hasOwn(value, name)) return value;
  const made = copyOf(value);
  if (rest.length === 0) delete made[name];
  else made[name] = withoutField(made[name], rest);
  return made;
}

function copyOf(object: { readonly [name: string]: Value }): Record<string, Value> {
  const made = newObject();
  for (const [name, value] of Object.entries(object)) made[name] = value;
  return made;
}
