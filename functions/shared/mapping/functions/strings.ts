import { findFirst, matchesWhole, splitBy } from '../regex.ts';
import { MappingError } from '../values/mapping-error.ts';
import { demand, spendSearch } from '../values/meter.ts';
import { textOf } from '../values/text.ts';
import { boundList, boundText, joined, maxTextLength, type Value } from '../values/value.ts';
import { integer, list, requiredText, text } from './arguments.ts';
import { type FunctionSpec, fn, many } from './registry.ts';

/** Null in, null out: as Apache's StringUtils does, whose words the documentation uses for this group. */
function onText(change: (value: string) => Value): (value: Value) => Value {
  return (value) => {
    const read = text(value);
    return read === null ? null : change(read);
  };
}

/** Without a locale: the same on every machine. */
const lower = fn(
  1,
  1,
  onText((value) => value.toLowerCase()),
);
const upper = fn(
  1,
  1,
  onText((value) => value.toUpperCase()),
);

/** As in Java: off goes every character up to the space. */

/** By hand, because a pattern for trailing blanks is tried at every blank: quadratic on a text full of them. */
function trimEnd(value: string): string {
  let end = value.length;
  while (end > 0 && value.charCodeAt(end - 1) <= 32) end -= 1;
  return value.slice(0, end);
}

function trimStart(value: string): string {
  let start = 0;
  while (start < value.length && value.charCodeAt(start) <= 32) start += 1;
  return value.slice(start);
}

/** A null argument of `concat` adds nothing. */
function concat(...values: Value[]): Value {
  let made = '';
  for (const value of values) made += textOf(value) ?? '';
  return boundText(made);
}

/** Parts between matches of a pattern. Empty ones are kept, also at the end, where Java would drop them. */
function explode(value: Value, pattern: Value): Value {
  const read = text(value);
  if (read === null) return null;
  const separator = pattern == null ? ',' : requiredText(pattern, 'the separator');
  return boundList(splitBy(read, separator, -1));
}

/** Any character of the second argument separates; empty parts are dropped. */
function split(value: Value, separators: Value): Value {
  const read = text(value);
  if (read === null) return null;
  const set = new Set(requiredText(separators, 'the separator').replaceAll(/\\(.)/gs, '$1'));
  const parts: string[] = [];
  let part = '';
  for (const character of read) {
    if (!set.has(character)) part += character;
    else if (part !== '') {
      parts.push(part);
      part = '';
    }
  }
  if (part !== '') parts.push(part);
  return boundList(parts);
}

/** The position of the nth occurrence, counted from 0; -1 when there are fewer. */
function instr(value: Value, wanted: Value, start: Value, nth: Value): Value {
  const [read, found] = [text(value), text(wanted)];
  if (read === null || found === null) return null;
  spendSearch(read, found);
  let from = integer(start, 'the start', 0);
  for (let count = integer(nth, 'the occurrence', 1); ; count -= 1) {
    const position = read.indexOf(found, Math.max(from, 0));
    if (count <= 1 || position === -1) return position;
    from = position + 1;
  }
}

/** Every occurrence, literally: `$&` and the like mean nothing here. */
function replace(value: Value, find: Value, replacement: Value): Value {
  const read = text(value);
  const wanted = text(find);
  if (read === null || wanted === null || wanted === '') return read;
  spendSearch(read, wanted);
  const inserted = text(replacement) ?? '';
  // Counted before it is made: a short rule could ask for more text than there is memory.
  const growth = (read.length / wanted.length) * inserted.length;
  if (growth > maxTextLength && read.split(wanted).length * inserted.length > maxTextLength) {
    throw new MappingError(`a text of more than ${maxTextLength} characters`);
  }
  return boundText(read.replaceAll(wanted, () => inserted));
}

/** From a position on; positions outside the text give less text, never an error. */
function substr(value: Value, start: Value, length: Value): Value {
  const read = text(value);
  if (read === null) return null;
  const from = Math.max(0, integer(start, 'the start', 0));
  const count = Math.max(0, integer(length, 'the length', read.length));
  return read.slice(from, from + count);
}

/** Joins a list, or the arguments themselves when there are several. Null elements are empty. */
function join(separator: Value, ...values: Value[]): Value {
  const [only] = values;
  const items = values.length === 1 ? list(only) : values;
  if (items === null) return null;
  return joined(
    items.map((item) => textOf(item) ?? ''),
    text(separator) ?? '',
  );
}

/** The text and what has to be put beside it. A text that is long enough is never cut. */
function pad(value: Value, length: Value, filler: Value): [text: string, padding: string] | null {
  const read = text(value);
  if (read === null) return null;
  const size = integer(length, 'the length');
  if (size > maxTextLength) throw new MappingError(`a text of more than ${maxTextLength} characters`);
  demand(size);
  const unit = text(filler) || ' ';
  return [read, ''.padStart(Math.max(0, size - read.length), unit)];
}

function lpad(value: Value, length: Value, filler: Value): Value {
  const padded = pad(value, length, filler);
  return padded === null ? null : padded[1] + padded[0];
}

function rpad(value: Value, length: Value, filler: Value): Value {
  const padded = pad(value, length, filler);
  return padded === null ? null : padded[0] + padded[1];
}

/** More than there is gives all, less than nothing gives nothing. */
function left(value: Value, length: Value): Value {
  const read = text(value);
  return read === null ? null : read.slice(0, Math.max(0, integer(length, 'the length')));
}

function right(value: Value, length: Value): Value {
  const read = text(value);
  if (read === null) return null;
  const count = Math.max(0, integer(length, 'the length'));
  return count >= read.length ? read : read.slice(read.length - count);
}

/** The whole match and then its groups; null when the pattern is found nowhere. */
function extractRegex(value: Value, pattern: Value): Value {
  const read = text(value);
  if (read === null) return null;
  const matcher = findFirst(read, requiredText(pattern, 'the pattern'));
  if (matcher === undefined) return null;
  return Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? null);
}

/** Whether the whole text matches. */
function matchesRegex(value: Value, pattern: Value): Value {
  const read = text(value);
  return read === null ? null : matchesWhole(read, requiredText(pattern, 'the pattern'));
}

/** Texts and regular expressions. */
export const stringFunctions: Readonly<Record<string, FunctionSpec>> = {
  concat: fn(0, many, concat),
  explode: fn(1, 2, explode),
  split: fn(2, 2, split),
  instr: fn(2, 4, instr),
  replacestr: fn(3, 3, replace),
  substr: fn(2, 3, substr),
  lower,
  lcase: lower,
  upper,
  ucase: upper,
  join: fn(2, many, join),
  lpad: fn(2, 3, lpad),
  rpad: fn(2, 3, rpad),
  left: fn(2, 2, left),
  right: fn(2, 2, right),
  ltrim: fn(1, 1, onText(trimStart)),
  rtrim: fn(1, 1, onText(trimEnd)),
  trim: fn(
    1,
    1,
    onText((value) => trimStart(trimEnd(value))),
  ),
  extract_regex: fn(2, 2, extractRegex),
  matches_regex: fn(2, 2, matchesRegex),
};
