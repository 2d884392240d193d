import { compare, isTrue } from '../comparison.ts';
import { MappingError } from '../values/mapping-error.ts';
import { textOf } from '../values/text.ts';
import { boundList, isList, isObjectValue, joined, typeName, type Value } from '../values/value.ts';
import { ZonedDate } from '../values/zoned-date.ts';
import { lambda, list, spread, text } from './arguments.ts';
import { type FunctionSpec, fn, many, passing } from './registry.ts';

/** The first that is not null; an empty text is not null. */
function coalesce(...values: Value[]): Value {
  return spread(values).find((value) => value !== null && value !== undefined) ?? null;
}

/** The least or greatest; nulls don't take part. */
function extreme(values: readonly Value[], sign: number): Value {
  const known = spread(values).filter((value) => value !== null && value !== undefined);
  return known.reduce<Value>(
    (best, value) => (best === null || compare(value, best) * sign > 0 ? value : best),
    null,
  );
}

/** A null list counts as an empty one. */
function addToArray(values: Value, ...added: Value[]): Value {
  return boundList([...(list(values) ?? []), ...added]);
}

function joinArrays(...values: Value[]): Value {
  return boundList(values.flatMap((value) => list(value) ?? []));
}

/** The arguments as a list; without the nulls unless the first argument says to include them. */
function toArray(includeNulls: Value, ...values: Value[]): Value {
  return isTrue(includeNulls) ? values : values.filter((value) => value !== null && value !== undefined);
}

function sizeOf(value: Value): Value {
  if (value === null || value === undefined) return 0;
  if (isList(value) || typeof value === 'string') return value.length;
  if (isObjectValue(value)) return Object.keys(value).length;
  throw new MappingError(`${typeName(value)} has no size`);
}

/** Every level; the bound on depth is the record's own. */
function flatten(values: readonly Value[], into: Value[] = []): Value[] {
  for (const value of values) {
    if (isList(value)) flatten(value, into);
    else into.push(value);
    boundList(into);
  }
  return into;
}

/** Objects stand in the joined text as JSON with single quotes, dates in them as milliseconds. */
function arrayToString(separator: Value, values: Value): Value {
  const items = list(values);
  if (items === null) return null;
  const texts = flatten(items).map((item) => (isObjectValue(item) ? quoted(item) : (textOf(item) ?? '')));
  return joined(texts, text(separator) ?? '');
}

const dateText = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/;

/** A date in its field is a text; only its look tells that it is a date. */
function quoted(value: Value): string {
  if (isList(value)) return `[${value.map(quoted).join(',')}]`;
  if (isObjectValue(value)) {
    return `{${Object.entries(value)
      .map(([key, child]) => `'${key}':${quoted(child)}`)
      .join(',')}}`;
  }
  if (value instanceof ZonedDate) return String(value.epochMs);
  if (typeof value !== 'string') return textOf(value) ?? 'null';
  const epochMs = dateText.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(epochMs) ? `'${value}'` : String(epochMs);
}

/** Null lists stay null, as everywhere. */
function filterArray(values: Value, test: Value): Value {
  const keeps = lambda(test);
  return list(values)?.filter((value) => isTrue(keeps(value))) ?? null;
}

function transformArray(values: Value, change: Value): Value {
  const changes = lambda(change);
  return list(values)?.map((value) => changes(value)) ?? null;
}

/** What a row that is inserted looks like: these functions only differ when Profile updates a stored list. */
const asGiven = fn(1, 2, (values) => values ?? null);

/** Lists and aggregation. */
export const listFunctions: Readonly<Record<string, FunctionSpec>> = {
  coalesce: passing(1, many, coalesce),
  first: passing(1, many, (...values) => spread(values)[0] ?? null),
  last: passing(1, many, (...values) => spread(values).at(-1) ?? null),
  min: fn(1, many, (...values) => extreme(values, -1)),
  max: fn(1, many, (...values) => extreme(values, 1)),
  add_to_array: fn(1, many, addToArray),
  join_arrays: fn(1, many, joinArrays),
  to_array: passing(1, many, toArray),
  size_of: fn(1, 1, sizeOf),
  upsert_array_append: asGiven,
  upsert_array_replace: asGiven,
  array_to_string: fn(2, 2, arrayToString),
  filterArray: fn(2, 2, filterArray),
  transformArray: fn(2, 2, transformArray),
  flattenArray: fn(1, 1, (values) => {
    const items = list(values);
    return items === null ? null : flatten(items);
  }),
};
