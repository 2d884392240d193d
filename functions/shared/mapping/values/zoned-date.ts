import { Temporal } from 'temporal-polyfill';

const utc = 'UTC';

/** A date with its zone, to the millisecond: what the language's date functions take and give. */
export class ZonedDate {
  readonly epochMs: number;
  /** `UTC`, an offset such as `+02:00`, or an IANA name. */
  readonly zone: string;

  constructor(epochMs: number, zone: string = utc) {
    this.epochMs = epochMs;
    this.zone = zone;
  }

  /** ISO 8601; milliseconds only where they are not zero, `Z` for UTC. */
  toString(): string {
    if (this.zone === utc) return new Date(this.epochMs).toISOString().replace('.000Z', 'Z');
    const { offset } = this.inZone();
    const local = this.inZone().toPlainDateTime().toString({ smallestUnit: 'millisecond' });
    return `${local.replace(/\.000$/, '')}${offset === '+00:00' ? 'Z' : offset}`;
  }

  /** The calendar fields in the date's own zone. */
  inZone(): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(this.epochMs).toZonedDateTimeISO(this.zone);
  }
}

/** Whether the instant has a year of four digits: nothing else can be written as RFC 3339. */
export function isWritableInstant(epochMs: number): boolean {
  return epochMs >= -62_167_219_200_000 && epochMs <= 253_402_300_799_999;
}
