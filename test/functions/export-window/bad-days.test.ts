import { expect, it } from 'vitest';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { ConnectorError } from '../../../functions/shared/errors.ts';
import { startMixpanel } from '../../simulators/mixpanel/server.ts';
import { archivedLines, exportWorld, secret, storedManifest } from './export-world.ts';

const days = ['2026-03-05', '2026-03-06', '2026-03-07', '2026-03-08'];
const maxPerDay = 6;

it('never takes a bad export for a good one: each day fails until it comes whole', async () => {
  const mixpanel = await startMixpanel({
    secret,
    eventsPerDay: 300,
    perSecond: 1000,
    hourlyLimit: 1000,
    badDays: { seed: 7, maxPerDay },
  });
  let failures = 0;
  for (const date of days) {
    const world = exportWorld(mixpanel.url, { limits: { maxPartBytes: 50_000 } });
    for (let tries = 0; storedManifest(world.store) === undefined; tries += 1) {
      expect(tries).toBeLessThanOrEqual(maxPerDay);
      try {
        await exportWindow(world, { date });
      } catch (error) {
        failures += 1;
        expect(error).toBeInstanceOf(ConnectorError);
        expect(error).toMatchObject({ retryable: true });
        expect([...world.store.objects.keys()]).toEqual([]);
      }
    }
    const manifest = storedManifest(world.store);
    const lines = manifest === undefined ? [] : archivedLines(world.store, manifest).flat();
    const expected = [...mixpanel.expectedEvents(2195193, date)].map(({ line }) => line);
    expect(lines.toSorted()).toEqual(expected.toSorted());
  }
  await mixpanel.close();
  expect(failures).toBeGreaterThan(3);
});
