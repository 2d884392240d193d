import { isSame } from '../comparison.ts';
import { parseExactJson } from '../exact-json.ts';
import { MappingError } from '../values/mapping-error.ts';
import { spendSearch } from '../values/meter.ts';
import { isList, isObjectValue, maxListLength, newObject, typeName, type Value } from '../values/value.ts';
import { list, object, requiredText, text } from './arguments.ts';
import { type FunctionSpec, fn, lookingUp, many, passing } from './registry.ts';

/** An object of keys and values that take turns. A null key is refused; the last of equal keys wins. */
function toObject(...values: Value[]): Value {
  if (values.length % 2 !== 0) throw new MappingError('a key without a value');
  const made = newObject();
  for (let index = 0; index < values.length; index += 2) {
    made[requiredText(values[index], 'a key')] = values[index + 1] ?? null;
  }
  return made;
}

/** As `to_object`, but null in is null out. */
function toMap(...values: Value[]): Value {
  return values.length === 1 && values[0] == null ? null : toObject(...values);
}

/** As many objects as the longest list has elements; a shorter one gives null. */
function arraysToObjects(...values: Value[]): Value {
  if (values.length % 2 !== 0) throw new MappingError('a key without a list');
  const columns: [string, readonly Value[]][] = [];
  for (let index = 0; index < values.length; index += 2) {
    columns.push([requiredText(values[index], 'a key'), list(values[index + 1]) ?? []]);
  }
  const length = Math.max(0, ...columns.map(([, items]) => items.length));
  if (length * columns.length > maxListLength)
    throw new MappingError(`objects with more than ${maxListLength} fields in all`);
  return Array.from({ length }, (_, row) => {
    const made = newObject();
    for (const [key, items] of columns) made[key] = items[row] ?? null;
    return made;
  });
}

/** `key:value,key:value`, blanks around both taken off. Separators are literal; empty ones are the usual ones. */
function parseFields(value: string, valueSeparator: Value, fieldSeparator: Value): Record<string, Value> {
  const separator = text(valueSeparator) || ':';
  const between = text(fieldSeparator) || ',';
  spendSearch(value, separator);
  spendSearch(value, between);
  const fields = newObject();
  for (const field of value.split(between)) {
    const position = field.indexOf(separator);
    const name = position === -1 ? '' : field.slice(0, position).trim();
    const read = field.slice(position + separator.length).trim();
    // A field without a name can't be asked for, and one without a value isn't there.
    if (name !== '' && read !== '') fields[name] = read;
  }
  return fields;
}

function strToObject(value: Value, valueSeparator: Value, fieldSeparator: Value): Value {
  const read = text(value);
  return read === null ? null : parseFields(read, valueSeparator, fieldSeparator);
}

/** One value of such a text, without making the map first. */
function getValues(value: Value, key: Value, valueSeparator: Value, fieldSeparator: Value): Value {
  const read = text(value);
  if (read === null) return null;
  return parseFields(read, valueSeparator, fieldSeparator)[requiredText(key, 'the key').trim()] ?? null;
}

/** One key gives its value, a list of keys the list of theirs; the documentation's sample contradicts its text. */
function mapGetValues(map: Value, key: Value): Value {
  const read = object(map);
  if (read === null) return null;
  const get = (name: Value) => {
    const own = text(name) ?? '';
    return Object.hasOwn(read, own) ? (read[own] ?? null) : null;
  };
  return isList(key) ? key.map(get) : get(key);
}

/** True as soon as one of the keys is there. */
function mapHasKeys(map: Value, key: Value): Value {
  const read = object(map);
  if (read === null) return false;
  return (isList(key) ? key : [key]).some((name) => Object.hasOwn(read, text(name) ?? ''));
}

/** The first of equal keys wins. */
function addToMap(...maps: Value[]): Value {
  const made = newObject();
  for (const map of maps) {
    for (const [key, value] of Object.entries(object(map) ?? {})) {
      if (!Object.hasOwn(made, key)) made[key] = value;
    }
  }
  return made;
}

/** Elements without the attribute have no key and are left out; of equal keys the last wins. */
function arrayToMap(values: Value, attribute: Value): Value {
  const items = list(values);
  if (items === null) return null;
  const name = requiredText(attribute, 'the attribute');
  const made = newObject();
  for (const item of items) {
    if (!isObjectValue(item))
      throw new MappingError(`expected an object in the list, found ${typeName(item)}`);
    const key = Object.hasOwn(item, name) ? text(item[name]) : null;
    if (key !== null) made[key] = item;
  }
  return made;
}

/** Its three forms: keys and values, an object, or a list of objects with the attribute to take as key. */
function objectToMap(...values: Value[]): Value {
  const [first, second] = values;
  if (values.length === 1) return first == null ? null : copy(object(first) ?? {});
  return isList(first) && values.length === 2 ? arrayToMap(first, second) : toObject(...values);
}

function copy(source: { readonly [name: string]: Value }): Value {
  const made = newObject();
  for (const [key, value] of Object.entries(source)) made[key] = value;
  return made;
}

/** What is an object already stays one: the documentation's own sample passes a map. */
function jsonToObject(value: Value): Value {
  if (value == null || isObjectValue(value) || isList(value)) return value;
  const read = requiredText(value, 'the text');
  try {
    return parseExactJson(read);
  } catch {
    // The parser's own message quotes the text.
    throw new MappingError('the text is not JSON');
  }
}

/** The first key that is the same decides. A last argument without a partner is the default. */
function decode(key: Value, ...cases: Value[]): Value {
  for (let index = 0; index + 1 < cases.length; index += 2) {
    if (isSame(key, cases[index])) return cases[index + 1];
  }
  return cases.length % 2 === 1 ? cases[cases.length - 1] : null;
}

const arraysToObjectsSpec = fn(2, many, arraysToObjects);

/** Objects, maps and JSON. */
export const objectFunctions: Readonly<Record<string, FunctionSpec>> = {
  is_empty: fn(1, 1, isEmptyValue),
  arrays_to_objects: arraysToObjectsSpec,
  arrays_to_object: arraysToObjectsSpec,
  to_object: passing(0, many, toObject),
  to_map: passing(1, many, toMap),
  str_to_object: fn(1, 3, strToObject),
  get_keys: fn(1, 1, (map) => (map == null ? null : Object.keys(object(map) ?? {}))),
  get_values: fn(2, 4, getValues),
  map_get_values: lookingUp(2, 2, mapGetValues),
  map_has_keys: lookingUp(2, 2, mapHasKeys),
  add_to_map: fn(1, many, addToMap),
  object_to_map: fn(1, many, objectToMap),
  array_to_map: fn(2, 2, arrayToMap),
  json_to_object: fn(1, 1, jsonToObject),
  decode: fn(2, many, decode),
};

/** Numbers and booleans are never empty, 0 and false included. */
function isEmptyValue(value: Value): Value {
  if (value == null || value === '') return true;
  if (isList(value)) return value.length === 0;
  return isObjectValue(value) && Object.keys(value).length === 0;
}
