import { Temporal } from 'temporal-polyfill';
import { MappingError } from '../values/mapping-error.ts';
import { spend, zoneUnits } from '../values/meter.ts';

/** Short names that senders use, as fixed offsets: `PST` in July is still eight hours behind. */
const abbreviations: Readonly<Record<string, string>> = {
  ...{
    UTC: 'UTC',
    GMT: 'UTC',
    UT: 'UTC',
    Z: 'UTC',
    WET: 'UTC',
    WEST: '+01:00',
    BST: '+01:00',
    CET: '+01:00',
  },
  ...{
    CEST: '+02:00',
    EET: '+02:00',
    EEST: '+03:00',
    MSK: '+03:00',
    IST: '+05:30',
    JST: '+09:00',
    KST: '+09:00',
  },
  ...{
    AEST: '+10:00',
    AEDT: '+11:00',
    HST: '-10:00',
    AKST: '-09:00',
    AKDT: '-08:00',
    PST: '-08:00',
    PDT: '-07:00',
  },
  ...{ MST: '-07:00', MDT: '-06:00', CST: '-06:00', CDT: '-05:00', EST: '-05:00', EDT: '-04:00' },
};

/** Zones that were asked for, so that each is checked once. Bounded: a record could name any number of them. */
const known = new Map<string, string>();
const maxKnown = 1_000;

/**
 * A zone as dates keep it: `UTC`, an offset `+02:00`, or an IANA name.
 *
 * @throws {MappingError} when there is no such zone.
 */
export function resolveZone(name: string): string {
  const trimmed = name.trim();
  const found = known.get(trimmed);
  if (found !== undefined) return found;
  const zone = lookUp(trimmed);
  if (known.size < maxKnown) known.set(trimmed, zone);
  return zone;
}

function lookUp(name: string): string {
  const short = Object.hasOwn(abbreviations, name) ? abbreviations[name] : undefined;
  if (short !== undefined) return short;
  spend(zoneUnits);
  const offset = /^(?:GMT|UTC)?([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(name);
  if (offset !== null)
    return offsetZone(offset[1] === '-' ? -1 : 1, Number(offset[2]), Number(offset[3] ?? '0'));
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    throw new MappingError('there is no such time zone');
  }
}

/** An offset as a zone. @throws {MappingError} when no zone on earth is as far from UTC. */
export function offsetZone(sign: 1 | -1, hours: number, minutes: number): string {
  if (hours > 18 || minutes > 59 || hours * 60 + minutes > 18 * 60)
    throw new MappingError('there is no such time zone');
  if (hours === 0 && minutes === 0) return 'UTC';
  return `${sign === 1 ? '+' : '-'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/** The instant at which a zone's clocks show a time. @throws {MappingError} when the calendar has no such time. */
export function instantOf(fields: LocalTime, zone: string): number {
  const { year, month, day, hour, minute, second, millisecond } = fields;
  const local = new Date(0);
  // Not Date.UTC: that takes the years 0 to 99 for 1900 to 1999.
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second, millisecond);
  const exists =
    local.getUTCFullYear() === year &&
    local.getUTCMonth() === month - 1 &&
    local.getUTCDate() === day &&
    local.getUTCHours() === hour &&
    local.getUTCMinutes() === minute &&
    local.getUTCSeconds() === second;
  if (!exists) throw new MappingError('the date does not exist');
  if (zone === 'UTC') return local.getTime();
  const offset = /^([+-])(\d{2}):(\d{2})$/.exec(zone);
  spend(zoneUnits);
  if (offset === null) return Temporal.PlainDateTime.from(fields).toZonedDateTime(zone).epochMilliseconds;
  const minutes = Number(offset[2]) * 60 + Number(offset[3]);
  return local.getTime() - (offset[1] === '-' ? -minutes : minutes) * 60_000;
}

/** A time as a calendar and a clock show it. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}
