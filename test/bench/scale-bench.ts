import { parseArgs } from 'node:util';
import { print, wholeNumber } from './figures.ts';
import { asSent, compareCounts } from './scale/compare-counts.ts';
import { runReducedDay } from './scale/reduced-day.ts';
import { writeScaleDocs } from './scale/scale-docs.ts';
import { scaleHead, scaleRow } from './scale/scale-table.ts';
import { newestDay, scaleDays, slowDays } from './scale/scenario.ts';
import { simulateDay } from './scale/simulate-day.ts';

/**
 * Simulates days of 1 to 1,000 million events, and runs the newest window of the 100-million day for real, reduced:
 * `npm run bench -- scale [--factor N] [--quick | --write]`. docs/scale.md says what the figures mean.
 */
const { values } = parseArgs({
  options: {
    /** How many times smaller the parts of the real run are. */
    factor: { type: 'string' },
    /** Leaves out the simulated day that takes minutes, and reduces the real one further. */
    quick: { type: 'boolean', default: false },
    /** Puts the simulated days into docs/scale.md. */
    write: { type: 'boolean', default: false },
  },
});
const quickFactor = 10_240;
const usualFactor = 1024;

const factor = wholeNumber('factor', values.factor ?? String(values.quick ? quickFactor : usualFactor));
const most = values.quick ? 100_000_000 : Number.POSITIVE_INFINITY;
print('simulated, Mixpanel as fast as a function can read:\n');
const fast = await printDays(scaleDays.filter(({ eventsPerDay }) => eventsPerDay <= most));
print('\nsimulated, Mixpanel as slow as the one published figure:\n');
const slow = await printDays(slowDays);
if (values.write && !values.quick) writeScaleDocs([fast, slow]);

print(`\nthe newest window of the 100-million day, run for real, 1/${factor} of its bytes:`);
const real = await runReducedDay(newestDay, factor);
for (const line of compareCounts(await simulateDay(asSent(newestDay, real, factor)), real)) print(line);
if (real.wrongRows > 0) throw new Error(`${real.wrongRows} rows are missing, twice there, or no event's`);

async function printDays(days: typeof scaleDays): Promise<readonly string[]> {
  for (const line of scaleHead) print(line);
  const rows: string[] = [];
  for (const day of days) {
    const row = scaleRow(await simulateDay(day));
    print(row);
    rows.push(row);
  }
  return rows;
}
