import { expect, it } from 'vitest';
import { resolveTimeZone } from '../../../functions/shared/time-zone.ts';
import { allZones } from '../../support/zones.ts';

it.each([
  ['UTC', 'UTC'],
  ['Etc/UTC', 'Etc/UTC'],
  ['Europe/Madrid', 'Europe/Madrid'],
  ['europe/madrid', 'Europe/Madrid'],
  ['US/Pacific', 'US/Pacific'],
  ['Pacific Standard Time', 'America/Los_Angeles'],
  ['W. Europe Standard Time', 'Europe/Berlin'],
  ['UTC-11', 'Etc/GMT+11'],
])('resolves %s to %s', (name, zone) => {
  expect(resolveTimeZone(name)).toBe(zone);
});

it.each(['', 'Nowhere', 'Mars/Olympus', '+02:00', '-0500', 'Z'])('knows no zone named "%s"', (name) => {
  expect(resolveTimeZone(name)).toBeUndefined();
});

it('knows every zone of the runtime by its own name', () => {
  expect(allZones.filter((zone) => resolveTimeZone(zone) !== zone)).toEqual([]);
});
