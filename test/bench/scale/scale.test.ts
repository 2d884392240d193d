import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../../lib/config.ts';
import { asSent, compareCounts } from './compare-counts.ts';
import { runReducedDay } from './reduced-day.ts';
import { bindingLimit, scaleRow } from './scale-table.ts';
import { newestDay, scaleDays, scenario, slowDays } from './scenario.ts';
import { simulateDay } from './simulate-day.ts';

const million = 1_000_000;
const page = readFileSync(join(projectRoot, 'docs', 'scale.md'), 'utf8');

describe('docs/scale.md', () => {
  // The others take seconds to minutes each: `npm run bench -- scale`.
  const cheap = [...scaleDays.slice(0, 2), ...slowDays.slice(0, 3)];
  it.each(cheap)('has what is simulated for $eventsPerDay events, $eventsPerSecond a second', async (day) => {
    expect(page).toContain(scaleRow(await simulateDay(day)));
  });
});

describe('a simulated day', () => {
  it('is bound by nothing when it is small', async () => {
    const day = await simulateDay(scenario({ eventsPerDay: million }));
    expect(day).toMatchObject({ queries: 6, slices: 0, waits: 0, givenUp: [] });
    expect(day.batches).toBe(2);
    expect(bindingLimit(day)).toBe('none');
  });

  it('gives a window up whose batch is beyond what Platform takes, and delivers it divided into two sources', async () => {
    // Ten times the bytes, so that the same happens in fewer steps.
    const large = { eventsPerDay: 10 * million, eventBytes: 10_000, lookbackDays: 0, changedWindows: 0 };
    const whole = await simulateDay(scenario(large));
    expect(bindingLimit(whole)).toContain('100 GB a batch');
    const divided = await simulateDay(scenario({ ...large, sources: 2 }));
    expect(divided.givenUp).toEqual([]);
    expect(bindingLimit(divided)).toContain('20 GB an hour');
    // 150 GB at 20 GB an hour, the first of which go out at once.
    expect(divided.newestHours).toBeGreaterThan(6.5);
    expect(divided.newestHours).toBeLessThan(8);
  });
});

describe('the newest window of a day of 100 million events', () => {
  it('has the slices, parts and uploads that are simulated, and each event once', async () => {
    // Parts sixteen times as large, and so sixteen times fewer; each then with a hundred thousandth of its bytes.
    const factor = 100_000;
    const day = {
      ...newestDay,
      partBytes: 16 * newestDay.partBytes,
      uploads: { fileBytes: 16 * newestDay.uploads.fileBytes, maxUploads: 20 },
    };
    const real = await runReducedDay(day, factor);
    expect(real).toMatchObject({ rows: real.events, wrongRows: 0, batches: 2, queries: 8, slices: 8 });
    expect(real.events).toBeGreaterThan(900);
    const simulated = await simulateDay(asSent(day, real, factor));
    expect(compareCounts(simulated, real)).toContain('slices: 8 simulated, 8 run');
    expect(real.invocations.export).toBe(simulated.invocations.export);
    // A slice ends with a part of its own; events are not spread over the day as evenly as is simulated.
    expect(Math.abs(real.parts - simulated.parts)).toBeLessThanOrEqual(real.slices);
    expect(Math.abs(real.uploads - simulated.uploads)).toBeLessThanOrEqual(real.slices);
    expect(real.invocations.load - real.uploads).toBe(simulated.invocations.load - simulated.uploads);
  });
});
