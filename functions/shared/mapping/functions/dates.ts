import { type DateFields, fieldsOf, formatDate } from '../dates/format-date.ts';
import { parseDate, parseDefaultDate } from '../dates/parse-date.ts';
import { instantOf, resolveZone } from '../dates/zones.ts';
import { MappingError } from '../values/mapping-error.ts';
import { wholeNumber } from '../values/numbers.ts';
import type { Value } from '../values/value.ts';
import { isWritableInstant, ZonedDate } from '../values/zoned-date.ts';
import { date, integer, requiredText, text } from './arguments.ts';
import { type FunctionSpec, fn, type World } from './registry.ts';

/** A part's names, in lower case: how it is read, and where it can be set. */
const parts: readonly (readonly [
  names: readonly string[],
  read: (fields: DateFields) => number,
  set?: SettableField,
])[] = [
  [['year', 'yyyy', 'yy'], (fields) => fields.year, 'year'],
  [['quarter', 'qq', 'q'], (fields) => Math.ceil(fields.month / 3)],
  [['month', 'mm', 'm'], (fields) => fields.month, 'month'],
  [['dayofyear', 'dy', 'y'], (fields) => fields.dayOfYear],
  [['day', 'dd', 'd'], (fields) => fields.day, 'day'],
  // "w" is documented for the week and for the weekday; here it is the week.
  [['week', 'ww', 'w'], (fields) => fields.week],
  [['weekday', 'dw'], (fields) => fields.dayOfWeek],
  [['hour', 'hh', 'hh24'], (fields) => fields.hour, 'hour'],
  [['hh12'], (fields) => fields.hour % 12 || 12],
  [['minute', 'mi', 'n'], (fields) => fields.minute, 'minute'],
  [['second', 'ss', 's'], (fields) => fields.second, 'second'],
  [['millisecond', 'sss', 'ms'], (fields) => fields.millisecond, 'millisecond'],
];

/** Parts that one can set; the others follow from them. */
type SettableField = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond';

/** A part by any of its names, whatever the case: the documentation writes `MM` and `mm`. */
function partOf(name: Value) {
  const wanted = requiredText(name, 'the part').toLowerCase();
  const found = parts.find(([names]) => names.includes(wanted));
  if (found === undefined) throw new MappingError('there is no such part of a date');
  return found;
}

/** A text as a date. Only null and empty texts get the fallback: a text that is no date is an error. */
function readDate(value: Value, pattern: Value, fallback: Value): Value {
  if (value instanceof ZonedDate) return value;
  if (value === null || value === undefined || value === '') return fallback ?? null;
  if (typeof value !== 'string')
    throw new MappingError('a date is read from a text; dformat takes milliseconds');
  const format = text(pattern);
  return format === null ? parseDefaultDate(value) : parseDate(value, format);
}

/** A text in place of a date is read first, as the documentation's own samples ask for. */
function dateArgument(value: Value): ZonedDate | null {
  return typeof value === 'string' ? parseDefaultDate(value) : date(value);
}

function format(value: Value, pattern: Value): Value {
  const read = dateArgument(value);
  return read === null ? null : formatDate(read, requiredText(pattern, 'the pattern'));
}

/** Milliseconds since the epoch in a pattern, in UTC. */
function dformat(value: Value, pattern: Value): Value {
  if (value === null || value === undefined || value === '') return null;
  const epochMs = wholeNumber(value, 'the number of milliseconds');
  return formatDate(new ZonedDate(epochMs), requiredText(pattern, 'the pattern'));
}

function datePart(part: Value, value: Value): Value {
  const [, read] = partOf(part);
  const found = dateArgument(value);
  return found === null ? null : read(fieldsOf(found));
}

/** The date with one part replaced; a day that the month doesn't have is an error, not the next month. */
function setDatePart(part: Value, number: Value, value: Value): Value {
  const [, , field] = partOf(part);
  if (field === undefined) throw new MappingError('this part of a date can only be read');
  const found = dateArgument(value);
  if (found === null) return null;
  const { year, month, day, hour, minute, second, millisecond } = fieldsOf(found);
  const fields = {
    year,
    month,
    day,
    hour,
    minute,
    second,
    millisecond,
    [field]: integer(number, 'the new value'),
  };
  return zoned(instantOf(fields, found.zone), found.zone);
}

/** A date from its parts, which are a wall clock's in the zone given; the result is in UTC. */
function makeDateTime(...values: Value[]): Value {
  const [year, month, day, hour, minute, second, nanosecond, zone] = values;
  if ([year, month, day].some((value) => value === null || value === undefined)) return null;
  const nanoseconds = integer(nanosecond, 'the nanosecond', 0);
  const fields = {
    year: integer(year, 'the year'),
    month: integer(month, 'the month'),
    day: integer(day, 'the day'),
    hour: integer(hour, 'the hour', 0),
    minute: integer(minute, 'the minute', 0),
    second: integer(second, 'the second', 0),
    millisecond: Math.floor(nanoseconds / 1_000_000),
  };
  const name = resolveZone(text(zone) ?? 'UTC');
  return zoned(instantOf(fields, name), 'UTC');
}

/** A date that can be written: every function's result may end up in a row. */
function zoned(epochMs: number, zone: string): ZonedDate {
  if (!isWritableInstant(epochMs)) throw new MappingError('the date is outside the years 0000 to 9999');
  return new ZonedDate(epochMs, zone);
}

/** The same instant as clocks in another zone show it. */
function inZone(value: Value, zone: string): Value {
  const found = dateArgument(value);
  return found === null ? null : new ZonedDate(found.epochMs, zone);
}

const makeDateTimeSpec = fn(3, 8, makeDateTime);

/** Dates and times. */
export function dateFunctions(world: World): Readonly<Record<string, FunctionSpec>> {
  return {
    now: fn(0, 0, () => new ZonedDate(world.clock())),
    timestamp: fn(0, 0, () => world.clock()),
    date: fn(1, 3, readDate),
    format: fn(2, 2, format),
    dformat: fn(2, 2, dformat),
    date_part: fn(2, 2, datePart),
    set_date_part: fn(3, 3, setDatePart),
    make_date_time: makeDateTimeSpec,
    make_timestamp: makeDateTimeSpec,
    zone_date_to_utc: fn(1, 1, (value) => inZone(value, 'UTC')),
    zone_date_to_zone: fn(2, 2, (value, zone) => inZone(value, resolveZone(requiredText(zone, 'the zone')))),
  };
}
