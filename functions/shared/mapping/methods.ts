import { equals, isSame } from './comparison.ts';
import { integer, requiredText } from './functions/arguments.ts';
import { type FunctionSpec, fn, lookingUp, passing } from './functions/registry.ts';
import { stringFunctions } from './functions/strings.ts';
import { matchesWhole, replaceMatches, splitBy } from './regex.ts';
import { MappingError } from './values/mapping-error.ts';
import { metered, spendSearch } from './values/meter.ts';
import { textOf } from './values/text.ts';
import {
  boundList,
  boundText,
  isList,
  isObjectValue,
  maxTextLength,
  typeName,
  type Value,
} from './values/value.ts';

/** A method of a text: the receiver is the first argument. */
function ofText(
  min: number,
  max: number,
  call: (receiver: string, ...values: Value[]) => Value,
): FunctionSpec {
  return fn(min, max, (receiver, ...values) => {
    if (receiver == null) return null;
    if (isList(receiver) || isObjectValue(receiver)) throw noMethod(receiver);
    return call(textOf(receiver) ?? '', ...values);
  });
}

function noMethod(receiver: Value): MappingError {
  return new MappingError(`${typeName(receiver)} has no such method`);
}

/** Most methods take one text, which has to be there. */
const named = (value: Value) => requiredText(value, 'the argument');

/** `get` of a list takes a place, of a map a key. */
function get(receiver: Value, key: Value): Value {
  if (receiver == null) return null;
  if (isList(receiver)) return receiver[integer(key, 'the index')] ?? null;
  if (!isObjectValue(receiver)) throw noMethod(receiver);
  const name = textOf(key) ?? '';
  return Object.hasOwn(receiver, name) ? (receiver[name] ?? null) : null;
}

function size(receiver: Value): Value {
  if (receiver == null) return null;
  if (isList(receiver) || typeof receiver === 'string') return receiver.length;
  if (isObjectValue(receiver)) return Object.keys(receiver).length;
  throw noMethod(receiver);
}

function contains(receiver: Value, wanted: Value): Value {
  if (receiver == null) return null;
  if (isList(receiver)) return receiver.some((item) => isSame(item, wanted));
  if (isObjectValue(receiver)) throw noMethod(receiver);
  const [text, part] = [textOf(receiver) ?? '', named(wanted)];
  spendSearch(text, part);
  return text.includes(part);
}

function hasKey(receiver: Value, key: Value): Value {
  if (receiver == null) return null;
  if (!isObjectValue(receiver)) throw noMethod(receiver);
  return Object.hasOwn(receiver, textOf(key) ?? '');
}

function values(receiver: Value): Value {
  if (receiver == null) return null;
  if (!isObjectValue(receiver)) throw noMethod(receiver);
  return Object.values(receiver);
}

/** As Java's: positions outside the text are an error, unlike in `substr`. */
function substring(receiver: string, from: Value, to: Value): Value {
  const start = integer(from, 'the start');
  const end = integer(to, 'the end', receiver.length);
  if (start < 0 || end > receiver.length || start > end) throw new MappingError('the text is too short');
  return receiver.slice(start, end);
}

/** As Java's: `$1` and `${name}` in the replacement are groups, a backslash takes the next character as it is. */
function replaceAll(receiver: string, find: string, by: string): Value {
  // Counted before it is made: each group can at most be all of the text, over all matches.
  const groups = by.split('$').length - 1;
  return replaceMatches(receiver, find, by, (matches) => {
    if (matches * by.length + groups * receiver.length > maxTextLength)
      throw new MappingError(`a text of more than ${maxTextLength} characters`);
  });
}

/**
 * The methods with what they read and make counted inside the call: in code, each call more around a long chain of
 * methods is a level more for the parser, which has a thousand.
 */
function counting(specs: Readonly<Record<string, FunctionSpec>>): [string, FunctionSpec][] {
  return Object.entries(specs).map(([name, spec]) => {
    if (spec.free !== undefined) return [name, spec];
    return [name, passing(spec.min, spec.max, (...values) => metered(spec.call(...values.map(metered))))];
  });
}

/** The method that is a function of the language as well. */
const changed = (name: string) => ofText(0, 0, (receiver) => stringFunctions[name]?.call(receiver));

/**
 * The methods of Java's texts, lists and maps that an expression may call; no other can be reached. The receiver is
 * passed first, and not counted among the arguments.
 */
export const methods: ReadonlyMap<string, FunctionSpec> = new Map(
  counting({
    length: ofText(0, 0, (receiver) => receiver.length),
    substring: ofText(1, 2, substring),
    toUpperCase: changed('upper'),
    toLowerCase: changed('lower'),
    trim: changed('trim'),
    toString: fn(0, 0, (receiver) => textOf(receiver)),
    charAt: ofText(1, 1, (receiver, index) => substring(receiver, index, integer(index, 'the index') + 1)),
    concat: ofText(1, 1, (receiver, other) => boundText(receiver + named(other))),
    startsWith: ofText(1, 1, (receiver, other) => receiver.startsWith(named(other))),
    endsWith: ofText(1, 1, (receiver, other) => receiver.endsWith(named(other))),
    indexOf: ofText(1, 2, (receiver, other, from) => {
      const part = named(other);
      spendSearch(receiver, part);
      return receiver.indexOf(part, integer(from, 'the start', 0));
    }),
    lastIndexOf: ofText(1, 1, (receiver, other) => {
      const part = named(other);
      spendSearch(receiver, part);
      return receiver.lastIndexOf(part);
    }),
    replace: ofText(2, 2, (receiver, find, by) => stringFunctions.replacestr?.call(receiver, find, by)),
    replaceAll: ofText(2, 2, (receiver, find, by) => replaceAll(receiver, named(find), named(by))),
    split: ofText(1, 1, (receiver, pattern) => boundList(splitBy(receiver, named(pattern)))),
    matches: ofText(1, 1, (receiver, pattern) => matchesWhole(receiver, named(pattern))),
    equalsIgnoreCase: ofText(
      1,
      1,
      (receiver, other) => typeof other === 'string' && receiver.toLowerCase() === other.toLowerCase(),
    ),
    equals: fn(1, 1, (receiver, other) =>
      receiver == null ? null : typeof receiver === typeof other && equals(receiver, other),
    ),
    contains: fn(1, 1, contains),
    get: lookingUp(1, 1, get),
    getOrDefault: lookingUp(2, 2, (receiver, key, fallback) =>
      receiver == null ? null : (get(receiver, key) ?? fallback),
    ),
    containsKey: lookingUp(1, 1, hasKey),
    keySet: fn(0, 0, (receiver) => (isObjectValue(receiver) ? Object.keys(receiver) : null)),
    values: fn(0, 0, values),
    size: fn(0, 0, size),
    isEmpty: fn(0, 0, (receiver) => (receiver == null ? null : size(receiver) === 0)),
  }),
);
