import { Temporal } from 'temporal-polyfill';
import fc from './seeded-fast-check.ts';

/** Every zone that the runtime knows. */
export const allZones: readonly string[] = Intl.supportedValuesOf('timeZone');

/** The years that the tests about zones look at. */
export const firstMs = Date.UTC(2010, 0, 1);
export const lastMs = Date.UTC(2031, 0, 1);

export const anyZone = fc.constantFrom(...allZones);
export const anyInstant = fc.integer({ min: firstMs, max: lastMs - 1 });

/** The instants from 2010 to 2030 at which the zone's clocks change. */
export function changesOf(zone: string): number[] {
  const changes: number[] = [];
  let time = Temporal.Instant.fromEpochMilliseconds(firstMs).toZonedDateTimeISO(zone);
  for (;;) {
    const next = time.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds >= lastMs) return changes;
    changes.push(next.epochMilliseconds);
    time = next;
  }
}

/**
 * What the zone's clocks show at an instant, as `YYYY-MM-DD HH:MM:SS`: told by the runtime's own calendar, so
 * independent of the library that the code under test uses.
 */
export function createClock(zone: string): (utcMs: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (utcMs) => format.format(utcMs);
}
