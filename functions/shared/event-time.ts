import { createZoneOffsets } from './zone-offsets.ts';

/**
 * Numbers beyond this are milliseconds, smaller ones seconds. As seconds it is the year 2286, as milliseconds April
 * 1970; Mixpanel takes no event before 1971, so no time it exports can be meant the other way.
 */
const largestSeconds = 1e10;

/** Years 0 to 9999: what an ISO 8601 time with a four-digit year can say, and Platform takes. */
const earliestMs = Date.parse('0000-01-01T00:00:00.000Z');
const latestMs = Date.parse('9999-12-31T23:59:59.999Z');

const numeric = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const iso =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?)?$/;

/**
 * Reads `properties.time` in any form that Mixpanel exports it, as whole milliseconds and as stored: no zone
 * correction is made. Takes seconds or milliseconds (told apart by magnitude), as a number or as its digits in a
 * string, and ISO 8601 text; text without a zone is a wall time and read as if it were UTC.
 *
 * Fractions of a millisecond are rounded to the nearest one, half up. Web clients send milliseconds divided by 1000,
 * and rounding gives back exactly what they had, where cutting off would lose one to the binary fraction.
 *
 * @returns undefined for anything else, and for times outside the years 0 to 9999.
 */
export function eventTimeMs(value: unknown): number | undefined {
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return numeric.test(text) ? fromNumber(Number(text)) : fromIso(text);
}

function fromNumber(value: number): number | undefined {
  return bounded(Math.abs(value) > largestSeconds ? value : value * 1000);
}

function fromIso(text: string): number | undefined {
  const match = iso.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', , sign] = match;
  const [zoneHour = '0', zoneMinute = '0'] = match.slice(10);
  if (Number(hour) > 23 || Number(zoneHour) > 23) return undefined;
  if ([minute, second, zoneMinute].some((sixtieth) => Number(sixtieth) > 59)) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  // A day or month that does not exist would roll over into the next one.
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  const zoneMinutes = (sign === '-' ? -1 : 1) * (Number(zoneHour) * 60 + Number(zoneMinute));
  const minutes = Number(hour) * 60 + Number(minute) - zoneMinutes;
  return bounded(date.getTime() + minutes * 60_000 + Number(`${second}.${fraction}`) * 1000);
}

/** Rounded and inside the years 0 to 9999, or undefined; adding 0 turns the -0 that rounding can give into 0. */
function bounded(ms: number): number | undefined {
  const whole = Math.round(ms) + 0;
  return whole >= earliestMs && whole <= latestMs ? whole : undefined;
}

export interface TimeCorrectionOptions {
  /** How the source stores time. */
  readonly timestamps: 'utc' | 'project';
  /** The project's time zone. */
  readonly zone: string;
}

/**
 * Turns a stored time into the true UTC instant. A project that stores wall time in its own zone has written
 * `utc + offset` as if it were an epoch; the offset in force at that wall time is taken off again.
 *
 * In autumn one stored value stands for two instants: the first is taken, always, since nothing in the value tells
 * which it was and a record must get the same instant in every run. A value inside the hour that spring leaves out
 * is read with winter's offset. Meant to be made once per run and called per record.
 */
export function createTimeCorrection({
  timestamps,
  zone,
}: TimeCorrectionOptions): (timeMs: number) => number {
  return timestamps === 'utc' ? (timeMs) => timeMs : createZoneOffsets(zone).wallToUtc;
}

const msPerDay = 86_400_000;
const twoDigits = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const threeDigits = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));

// The records of a window share one or two days, so the day's text is made once and kept until another is asked for.
let lastDay = Number.NaN;
let lastDayText = '';

/** ISO 8601 of a whole millisecond, with `Z`, as `Date.toISOString` writes it, at a fifth of its cost. */
export function toIso(ms: number): string {
  const day = Math.floor(ms / msPerDay);
  if (day !== lastDay) {
    lastDayText = new Date(day * msPerDay).toISOString().slice(0, -'00:00:00.000Z'.length);
    lastDay = day;
  }
  const rest = ms - day * msPerDay;
  const seconds = Math.floor(rest / 1000);
  const fraction = threeDigits[rest - seconds * 1000];
  const hour = twoDigits[Math.floor(seconds / 3600)];
  const minute = twoDigits[Math.floor(seconds / 60) % 60];
  return `${lastDayText}${hour}:${minute}:${twoDigits[seconds % 60]}.${fraction}Z`;
}
