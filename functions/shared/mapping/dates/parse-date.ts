import { MappingError } from '../values/mapping-error.ts';
import { isWritableInstant, ZonedDate } from '../values/zoned-date.ts';

const isoPattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** @throws {MappingError} */
export function parseDefaultDate(text: string): ZonedDate {
  const match = isoPattern.exec(text.trim());
  if (match === null) throw new MappingError('the text matches no date pattern');
  const [, y, mo, d, h = '0', mi = '0', s = '0', fraction = '', zone = 'Z'] = match;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  const epoch = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s), ms);
  const check = new Date(epoch);
  const isExact =
    check.getUTCMonth() === Number(mo) - 1 &&
    check.getUTCDate() === Number(d) &&
    check.getUTCHours() === Number(h);
  if (!isExact) throw new MappingError('the date does not exist');
  const offset = zone === 'Z' ? 0 : offsetMinutes(zone);
  return new ZonedDate(
    epoch - offset * 60_000,
    offset === 0 ? 'UTC' : `${zone.slice(0, 3)}:${zone.replace(':', '').slice(3) || '00'}`,
  );
}

function offsetMinutes(zone: string): number {
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || '0');
  return zone.startsWith('-') ? -minutes : minutes;
}

/** The instant as a `date-time` field takes it. @throws {MappingError} when its year has not four digits. */
export function instantText(date: ZonedDate): string {
  if (!isWritableInstant(date.epochMs)) throw new MappingError('the date is outside the years 0000 to 9999');
  return date.toString();
}
