import { MappingError } from './mapping-error.ts';
import { isList, isObjectValue, type Value } from './value.ts';
import { ZonedDate } from './zoned-date.ts';

/** Steps that one record may take: a few seconds of work at the very most. An ordinary record takes some hundred. */
const maxSteps = 1_000_000;
/** So many characters, elements or operators that are read or made are a step. A unit takes some hundred nanoseconds at most. */
export const unitsPerStep = 16;
const maxUnits = maxSteps * unitsPerStep;
/** What costs no more than this goes on when a record's steps are used up: rules that only copy a name or a number. */
const smallUnits = 64;
/** Integers have up to a thousand digits, and counting them would cost as much as using them. */
const bigintUnits = 64;
/** Working out a zone's offset takes up to 80 µs. */
export const zoneUnits = 512;

/** One record is mapped at a time in a process, so one count is enough. */
let spent = 0;
/** Of that, small work after the steps were used up: thousands of rules may have as much again, and no more. */
let spentOnSmall = 0;
let record = 0;

/** Begins the count of another record. */
export function nextRecord(): void {
  spent = 0;
  spentOnSmall = 0;
  record += 1;
}

/** Tells records apart: another number for each. */
export function recordNumber(): number {
  return record;
}

/**
 * Counts work by what is read or made, never by time: a record fails or maps alike on every machine.
 *
 * @throws {MappingError} when the record's steps are used up and the work is not a small one.
 */
export function spend(units: number): void {
  spent += units;
  if (spent > maxUnits) usedUp(units);
}

/**
 * Asks for what will be counted once it is made: large values are not even begun.
 *
 * @throws {MappingError} when the record has not so many steps left.
 */
export function demand(units: number): void {
  if (spent + units > maxUnits) usedUp(units);
}

/** As `spend`, for what may be repeated without end: there is no small amount. */
export function spendRepeated(units: number): void {
  spent += units;
  if (spent > maxUnits) usedUp(maxUnits);
}

/** Counts work that takes a moment for each pair of two things. */
export function spendProduct(one: number, other: number): void {
  // A whole number, as this is added to for every value: the fast kind of number is faster.
  spend(Math.ceil((one * other) / unitsPerStep));
}

/** A search compares at worst each place of the text with all of a long text that is looked for. */
export function spendSearch(text: string, wanted: string): void {
  if (wanted.length > smallUnits && wanted.length <= text.length) spendProduct(text.length, wanted.length);
}

/** Counts a value that is read or made, and gives it back. */
export function metered(value: Value): Value {
  if (typeof value === 'string') spend(value.length);
  else if (typeof value === 'object' && value !== null) spend(sizeOf(value));
  else if (typeof value === 'bigint') spend(bigintUnits);
  return value;
}

/**
 * Of a text its length; of lists and objects the number of all that is in them and the length of their texts and
 * names. It goes from one to the next without recursion, whatever the depth, and no further than a record may.
 */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  if (typeof value === 'number') return 0;
  const open: Value[] = [];
  let size = sizeOfOne(value, open);
  for (let next = open.pop(); next !== undefined && size <= maxUnits; next = open.pop())
    size += sizeOfOne(next, open);
  return size;
}

/** Without what is in it, if that may have a size of its own: it is left in `open`. */
function sizeOfOne(value: Value, open: Value[]): number {
  if (typeof value === 'bigint') return bigintUnits;
  if (value instanceof ZonedDate) return value.zone === 'UTC' ? 0 : zoneUnits;
  let size = 0;
  if (isList(value)) {
    size = value.length;
    for (const item of value) size += sizeOrOpen(item, open);
  } else if (isObjectValue(value)) {
    for (const name of Object.keys(value)) size += 1 + name.length + sizeOrOpen(value[name], open);
  }
  return size;
}

function sizeOrOpen(value: Value, open: Value[]): number {
  if (typeof value === 'string') return value.length;
  if ((typeof value === 'object' && value !== null) || typeof value === 'bigint') open.push(value);
  return 0;
}

function usedUp(units: number): void {
  if (units <= smallUnits) spentOnSmall += units;
  if (units > smallUnits || spentOnSmall > maxUnits)
    throw new MappingError(`more than ${maxSteps} steps for one record`);
}
