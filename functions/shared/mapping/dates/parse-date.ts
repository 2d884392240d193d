import { MappingError } from '../values/mapping-error.ts';
import { spend } from '../values/meter.ts';
import { isWritableInstant, ZonedDate } from '../values/zoned-date.ts';
import { datePattern, dayNames, monthNames, type PatternPart } from './date-pattern.ts';
import { instantOf, offsetZone, resolveZone } from './zones.ts';

/** The patterns that Data Prep tries when none is given, in its order. */
export const defaultPatterns: readonly string[] = [
  'yyyy-MM-dd HH:mm:ssZ',
  'yyyy-MM-dd HH:mm:ss.SSSZ',
  'yyyy-MM-dd HH:mm:ss.SSS',
  "yyyy-MM-dd'T'HH:mm:ss.SSSX",
  "yyyy-MM-dd'T'HH:mm:ss'Z'",
  'yyyy-MM-dd',
  'yyyy/MM/dd',
  'yyyy.MM.dd',
  'yyyy-MMM-dd',
  'yyyyMMdd',
  'MM-dd-yyyy',
  'MMddyyyy',
  'M/dd/yyyy',
  'dd.M.yyyy',
  'M/dd/yyyy hh:mm:ss a',
  'dd.M.yyyy hh:mm:ss a',
  'dd.MMM.yyyy',
  'dd-MMM-yyyy',
];

/** Longer texts are no dates: the patterns need not look at them. */
const maxDateLength = 100;
/** All the default patterns take some 10 µs. */
const defaultUnits = 64;

/** ISO 8601 in the variants that the default patterns leave out: no seconds, any fraction, a space for the T. */
const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(?:(Z)|([+-])(\d{2})(?::?(\d{2}))?)?)?$/;

/**
 * Reads a date without a pattern given: the default patterns in their order, then ISO 8601. Without a zone it is UTC.
 *
 * @throws {MappingError} when the text is none of these.
 */
export function parseDefaultDate(text: string): ZonedDate {
  const trimmed = text.trim();
  if (trimmed.length > maxDateLength) throw new MappingError('the text is too long for a date');
  spend(defaultUnits);
  for (const pattern of defaultPatterns) {
    const found = tryPattern(trimmed, pattern);
    if (found !== undefined) return found;
  }
  const match = isoPattern.exec(trimmed);
  if (match === null) throw new MappingError('the text matches no date pattern');
  const [
    ,
    year,
    month,
    day,
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '',
    ,
    sign,
    hours,
    minutes = '0',
  ] = match;
  const zone =
    hours === undefined ? 'UTC' : offsetZone(sign === '-' ? -1 : 1, Number(hours), Number(minutes));
  const time = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
  };
  const millisecond = Number(fraction.padEnd(3, '0').slice(0, 3));
  return new ZonedDate(instantOf({ ...time, second: Number(second), millisecond }, zone), zone);
}

/** Reads a date in the pattern given, strictly and whole. @throws {MappingError} */
export function parseDate(text: string, pattern: string): ZonedDate {
  const found = text.length > maxDateLength ? undefined : tryPattern(text.trim(), pattern);
  if (found !== undefined) return found;
  throw new MappingError('the text does not match the date pattern');
}

/** The instant as a `date-time` field takes it. @throws {MappingError} when its year has not four digits. */
export function instantText(date: ZonedDate): string {
  if (!isWritableInstant(date.epochMs)) throw new MappingError('the date is outside the years 0000 to 9999');
  return date.toString();
}

/** A pattern made ready to read texts: its groups are the letters' fields in order. */
interface Reader {
  readonly pattern: RegExp;
  readonly letters: readonly string[];
}

const readers = new Map<string, Reader>();
const maxReaders = 256;

function readerOf(pattern: string): Reader {
  const known = readers.get(pattern);
  if (known !== undefined) return known;
  const letters: string[] = [];
  const source = datePattern(pattern).map((part) => {
    if (part.kind === 'text') return part.text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    letters.push(part.letter);
    return `(${fieldSource(part)})`;
  });
  // Each field's length is bounded and nothing nests: this matches in linear time.
  const reader = { pattern: new RegExp(`^${source.join('')}$`, 'i'), letters };
  if (readers.size < maxReaders) readers.set(pattern, reader);
  return reader;
}

/** A name, with an offset perhaps, or an offset alone; `resolveZone` decides whether it exists. */
const anyZone = '[A-Za-z][A-Za-z_/]{0,40}(?:[+-]\\d{1,2}(?::?\\d{2})?)?|[+-]\\d{2}:?\\d{2}';

/** What a letter's field may look like. Several letters mean so many digits, one means any number of them. */
function fieldSource(part: PatternPart & { readonly kind: 'field' }): string {
  const { letter, count } = part;
  switch (letter) {
    case 'y':
    case 'u':
      if (letter === 'u' && count < 4) return '[1-7]';
      return count === 2 ? '\\d{2}' : count >= 4 ? `\\d{${count}}` : '\\d{1,4}';
    case 'M':
    case 'L':
      if (count >= 3)
        return (count === 3 ? monthNames.map((name) => name.slice(0, 3)) : monthNames).join('|');
      return digits(count, 2);
    case 'E':
      return (count <= 3 ? dayNames.map((name) => name.slice(0, 3)) : dayNames).join('|');
    case 'a':
      return 'AM|PM';
    case 'G':
      return 'AD|BC';
    case 'D':
      return digits(count, 3);
    case 'S':
      return count <= 2 ? '\\d{1,3}' : `\\d{${count}}`;
    case 'Q':
    case 'q':
      return count === 1 ? '[1-4]' : count === 2 ? '0[1-4]' : 'Q[1-4]';
    case 'X':
      return count === 1 ? 'Z|[+-]\\d{2}(?:\\d{2})?' : count === 2 ? 'Z|[+-]\\d{4}' : 'Z|[+-]\\d{2}:\\d{2}';
    case 'Z':
      return count === 5 ? 'Z|[+-]\\d{2}:\\d{2}' : '[+-]\\d{4}';
    case 'z':
    case 'V':
    case 'O':
      return anyZone;
    case 'Y':
    case 'w':
    case 'W':
    case 'F':
      throw new MappingError(`a date can't be read by the pattern letter ${letter}, only written`);
    default:
      return digits(count, 2);
  }
}

function digits(count: number, most: number): string {
  return count === 1 ? `\\d{1,${most}}` : `\\d{${count}}`;
}

/** Undefined when the text doesn't fit the pattern, or the date doesn't exist. */
function tryPattern(text: string, pattern: string): ZonedDate | undefined {
  const reader = readerOf(pattern);
  const match = reader.pattern.exec(text);
  if (match === null) return undefined;
  const fields = new Map<string, string>();
  for (const [index, letter] of reader.letters.entries()) fields.set(letter, match[index + 1] ?? '');
  try {
    const zone = zoneOf(fields);
    return new ZonedDate(instantOf(localTime(fields), zone), zone);
  } catch (error) {
    // The digits fit, the date doesn't exist: another pattern may still read them.
    if (error instanceof MappingError) return undefined;
    throw error;
  }
}

/** Fields that the pattern lacks are those of the epoch's first moment. */
function localTime(fields: ReadonlyMap<string, string>) {
  const number = (letter: string, fallback: number) => {
    const text = fields.get(letter);
    return text === undefined ? fallback : Number(text);
  };
  const yearText = fields.get('y') ?? (fields.get('u')?.length === 4 ? fields.get('u') : undefined) ?? '1970';
  const year = Number(yearText) + (yearText.length === 2 ? 2000 : 0);
  const month = monthOf(fields.get('M') ?? fields.get('L') ?? '1');
  const day = number('d', 1);
  const time = { minute: number('m', 0), second: number('s', 0), millisecond: milliseconds(fields.get('S')) };
  const date = fields.has('D') ? dayOfYear(year, number('D', 1)) : { month, day };
  const era = fields.get('G')?.toUpperCase() === 'BC' ? 1 - year : year;
  return { year: era, ...date, hour: hourOf(fields), ...time };
}

function monthOf(text: string): number {
  if (/^\d/.test(text)) return Number(text);
  const short = text.slice(0, 3).toLowerCase();
  return monthNames.findIndex((name) => name.slice(0, 3).toLowerCase() === short) + 1;
}

function dayOfYear(year: number, count: number): { month: number; day: number } {
  const date = new Date(0);
  date.setUTCFullYear(year, 0, count);
  if (count < 1 || date.getUTCFullYear() !== year) throw new MappingError('the date does not exist');
  return { month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** One or two letters count milliseconds; three and more are digits of a second's fraction. */
function milliseconds(text: string | undefined): number {
  if (text === undefined) return 0;
  return text.length < 3 ? Number(text) : Number(text.slice(0, 3));
}

function hourOf(fields: ReadonlyMap<string, string>): number {
  const half = fields.get('a')?.toUpperCase() === 'PM' ? 12 : 0;
  const hour = (letter: string, from: number, to: number) => {
    const text = fields.get(letter);
    const value = text === undefined ? undefined : Number(text);
    if (value !== undefined && (value < from || value > to))
      throw new MappingError('the date does not exist');
    return value;
  };
  const ofDay = hour('H', 0, 23) ?? hour('k', 1, 24);
  if (ofDay !== undefined) return ofDay % 24;
  const ofHalf = hour('h', 1, 12) ?? hour('K', 0, 11);
  return ofHalf === undefined ? 0 : (ofHalf % 12) + half;
}

function zoneOf(fields: ReadonlyMap<string, string>): string {
  const text = fields.get('X') ?? fields.get('Z') ?? fields.get('z') ?? fields.get('V') ?? fields.get('O');
  return text === undefined ? 'UTC' : resolveZone(text);
}
