import { expect, it } from 'vitest';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { ConnectorError } from '../../../functions/shared/errors.ts';
import { startMixpanel } from '../../simulators/mixpanel/server.ts';
import { archivedLines, exportWorld, secret, storedManifest, supersededIn } from './export-world.ts';

const days = ['2026-03-05', '2026-03-06', '2026-03-07', '2026-03-08'];
const maxPerDay = 6;

it.each([7, 8, 9, 10, 11, 12])(
  'never takes a bad export for a good one: each day fails until it comes whole (seed %i)',
  async (seed) => {
    const mixpanel = await startMixpanel({
      secret,
      seed,
      eventsPerDay: 120,
      duplicates: 0.1,
      perSecond: 1000,
      hourlyLimit: 1000,
      badDays: { seed, maxPerDay },
    });
    let failures = 0;
    for (const date of days) {
      const world = exportWorld(mixpanel.url, { limits: { maxPartBytes: 30_000 } });
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
      const superseded = supersededIn(world.store);
      const parts = manifest === undefined ? [] : archivedLines(world.store, manifest);
      const kept = parts.flatMap((lines, part) => {
        const lost = new Set(superseded[`part-0000${part}`]);
        return lines.filter((_, line) => !lost.has(line));
      });
      const expected = [...mixpanel.expectedEvents(2195193, date)].map(({ line }) => line);
      expect(kept.toSorted()).toEqual(expected.toSorted());
    }
    await mixpanel.close();
    expect(failures).toBeGreaterThan(0);
  },
);
