import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { createZoneOffsets, type ZoneOffsets } from '../../../functions/shared/zone-offsets.ts';
import fc from '../../support/seeded-fast-check.ts';
import {
  allZones,
  anyInstant,
  anyZone,
  changesOf,
  createClock,
  firstMs,
  lastMs,
} from '../../support/zones.ts';

const minute = 60_000;
const day = 86_400_000;

/** The instant of a wall time by the calendar library's own rule for times that occur twice or never. */
function expectedUtc(wallMs: number, zone: string): number {
  return Temporal.Instant.fromEpochMilliseconds(wallMs)
    .toZonedDateTimeISO('UTC')
    .toPlainDateTime()
    .toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
}

/** Wall times that lie in, at the edges of, and around what a change of the clocks repeats or leaves out. */
function wallTimesAround(change: number, offsets: ZoneOffsets): number[] {
  const before = change + offsets.offsetAt(change - 1);
  const after = change + offsets.offsetAt(change);
  const middle = (before + after) / 2;
  return [before, middle, after]
    .flatMap((wall) => [wall - 1, wall, wall + 1])
    .concat(before - day, after + day);
}

describe('createZoneOffsets', () => {
  it('agrees with the calendar library around every change of the clocks in every zone', () => {
    const wrong: string[] = [];
    for (const zone of allZones) {
      const offsets = createZoneOffsets(zone);
      // One of its own, so that the offsets under test have not seen these times before.
      const guide = createZoneOffsets(zone);
      for (const wallMs of changesOf(zone).flatMap((change) => wallTimesAround(change, guide))) {
        const found = offsets.wallToUtc(wallMs);
        if (found !== expectedUtc(wallMs, zone)) wrong.push(`${new Date(wallMs).toISOString()} ${zone}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('agrees with the runtime’s clocks all through the years in every zone', () => {
    const wrong: string[] = [];
    for (const zone of allZones) {
      const offsets = createZoneOffsets(zone);
      const clock = createClock(zone);
      for (let ms = firstMs; ms < lastMs; ms += 19 * day + 7 * minute) {
        const shown = new Date(ms + offsets.offsetAt(ms)).toISOString().slice(0, 19).replace('T', ' ');
        if (shown !== clock(ms)) wrong.push(`${new Date(ms).toISOString()} ${zone}: ${shown}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('gives the same answers in whatever order it is asked', () => {
    const anyTime = fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2200, 0, 1) });
    const questions = fc.array(fc.tuple(fc.boolean(), fc.oneof(anyTime, anyInstant)), { maxLength: 12 });
    fc.assert(
      fc.property(anyZone, questions, (zone, asked) => {
        const offsets = createZoneOffsets(zone);
        for (const [wall, ms] of asked) {
          if (wall) expect(offsets.wallToUtc(ms)).toBe(expectedUtc(ms, zone));
          else {
            const time = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone);
            expect(offsets.offsetAt(ms)).toBe(time.offsetNanoseconds / 1e6);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('knows the zones that never leave UTC', () => {
    expect(createZoneOffsets('UTC').isAlwaysUtc).toBe(true);
    expect(createZoneOffsets('Africa/Abidjan').isAlwaysUtc).toBe(true);
    expect(createZoneOffsets('Europe/London').isAlwaysUtc).toBe(false);
    expect(createZoneOffsets('Asia/Kolkata').isAlwaysUtc).toBe(false);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => createZoneOffsets('Mars/Olympus')).toThrow(RangeError);
  });
});
