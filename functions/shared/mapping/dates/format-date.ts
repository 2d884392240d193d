import { MappingError } from '../values/mapping-error.ts';
import { isWritableInstant, type ZonedDate } from '../values/zoned-date.ts';
import { datePattern, dayNames, monthNames, type PatternPart } from './date-pattern.ts';

/** A date's fields in its own zone. Weeks are ISO's: Monday first, the first has four days of the year. */
export interface DateFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  readonly dayOfYear: number;
  /** 1 is Monday. */
  readonly dayOfWeek: number;
  readonly week: number;
  readonly weekYear: number;
  readonly offsetMinutes: number;
  readonly zone: string;
}

const dayMs = 86_400_000;

/** @throws {MappingError} when the date is too far away to be written. */
export function fieldsOf(date: ZonedDate): DateFields {
  if (!isWritableInstant(date.epochMs)) throw new MappingError('the date is outside the years 0000 to 9999');
  const offsetMinutes = date.zone === 'UTC' ? 0 : Math.round(date.inZone().offsetNanoseconds / 60e9);
  const local = new Date(date.epochMs + offsetMinutes * 60_000);
  const year = local.getUTCFullYear();
  const dayOfWeek = local.getUTCDay() || 7;
  const startOfDay = Math.floor(local.getTime() / dayMs);
  // The week belongs to the year of its Thursday.
  const thursday = new Date((startOfDay + 4 - dayOfWeek) * dayMs);
  const weekYear = thursday.getUTCFullYear();
  return {
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millisecond: local.getUTCMilliseconds(),
    dayOfYear: dayNumber(local) + 1,
    dayOfWeek,
    week: Math.floor(dayNumber(thursday) / 7) + 1,
    weekYear,
    offsetMinutes,
    zone: date.zone,
  };
}

/** Days since the first of January. */
function dayNumber(date: Date): number {
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - start.getTime()) / dayMs);
}

/** Writes a date in a pattern, in the date's own zone. @throws {MappingError} when the pattern has no meaning. */
export function formatDate(date: ZonedDate, pattern: string): string {
  const fields = fieldsOf(date);
  return datePattern(pattern)
    .map((part) => (part.kind === 'text' ? part.text : fieldText(part, fields, date)))
    .join('');
}

function fieldText(
  part: PatternPart & { readonly kind: 'field' },
  fields: DateFields,
  date: ZonedDate,
): string {
  const { letter, count } = part;
  const padded = (value: number) => String(value).padStart(count, '0');
  switch (letter) {
    case 'y':
      return count === 2 ? twoDigits(fields.year) : padded(fields.year);
    case 'Y':
      return count === 2 ? twoDigits(fields.weekYear) : padded(fields.weekYear);
    case 'u':
      // One to three letters are the number of the weekday, four the year: both readings are in use.
      return count < 4 ? padded(fields.dayOfWeek) : padded(fields.year);
    case 'M':
    case 'L':
      return named(monthNames, fields.month, count);
    case 'E':
      return named(dayNames, fields.dayOfWeek, Math.max(count, 3));
    case 'Q':
    case 'q': {
      const quarter = Math.ceil(fields.month / 3);
      return count <= 2
        ? padded(quarter)
        : count === 3
          ? `Q${quarter}`
          : `${['1st', '2nd', '3rd', '4th'][quarter - 1]} quarter`;
    }
    case 'S':
      return count <= 3
        ? padded(fields.millisecond)
        : String(fields.millisecond).padStart(3, '0').padEnd(count, '0');
    case 'G':
      return 'AD';
    case 'a':
      return fields.hour < 12 ? 'AM' : 'PM';
    case 'z':
    case 'Z':
    case 'X':
    case 'V':
    case 'O':
      return zoneText(letter, count, fields, date);
    default:
      return padded(numberOf(letter, fields));
  }
}

/** Letters that are plain numbers. */
function numberOf(letter: string, fields: DateFields): number {
  switch (letter) {
    case 'w':
      return fields.week;
    case 'W':
      return Math.floor((fields.day + 6 - fields.dayOfWeek) / 7) + 1;
    case 'D':
      return fields.dayOfYear;
    case 'd':
      return fields.day;
    case 'F':
      // Which Tuesday of the month, say.
      return Math.floor((fields.day - 1) / 7) + 1;
    case 'H':
      return fields.hour;
    case 'k':
      return fields.hour || 24;
    case 'K':
      return fields.hour % 12;
    case 'h':
      return fields.hour % 12 || 12;
    case 'm':
      return fields.minute;
    default:
      return fields.second;
  }
}

function twoDigits(year: number): string {
  return String(year % 100).padStart(2, '0');
}

/** A month or weekday: its number, its short name, its name, or the first letter. */
function named(names: readonly string[], number: number, count: number): string {
  const name = names[number - 1] ?? '';
  if (count <= 2) return String(number).padStart(count, '0');
  return count === 3 ? name.slice(0, 3) : count === 5 ? name.slice(0, 1) : name;
}

/** The zone as each letter writes it: `X` ISO 8601 with Z for UTC, `Z` RFC 822, `O` with GMT before it. */
function zoneText(letter: string, count: number, fields: DateFields, date: ZonedDate): string {
  const { offsetMinutes, zone } = fields;
  const sign = offsetMinutes < 0 ? '-' : '+';
  const minutes = Math.abs(offsetMinutes) % 60;
  const hours = Math.floor(Math.abs(offsetMinutes) / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  const colon = `${sign}${two(hours)}:${two(minutes)}`;
  const plain = `${sign}${two(hours)}${two(minutes)}`;
  if (letter === 'V') return zone;
  if (letter === 'z') return zoneName(zone, colon, date, count);
  if (letter === 'O') {
    if (offsetMinutes === 0) return 'GMT';
    return count === 4 ? `GMT${colon}` : `GMT${sign}${hours}${minutes === 0 ? '' : `:${two(minutes)}`}`;
  }
  if (letter === 'Z')
    return count === 4 ? `GMT${offsetMinutes === 0 ? '' : colon}` : count === 5 ? colon : plain;
  if (offsetMinutes === 0) return 'Z';
  return count === 1
    ? `${sign}${two(hours)}${minutes === 0 ? '' : two(minutes)}`
    : count === 2
      ? plain
      : colon;
}

/** English names, as Java's formatter has them for an English server. */
function zoneName(zone: string, offset: string, date: ZonedDate, count: number): string {
  if (zone === 'UTC') return count >= 4 ? 'Coordinated Universal Time' : 'UTC';
  if (/^[+-]/.test(zone)) return `GMT${offset}`;
  const style = count >= 4 ? 'long' : 'short';
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: style }).formatToParts(
    date.epochMs,
  );
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}
