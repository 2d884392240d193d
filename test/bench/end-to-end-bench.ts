import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readPrices } from '../../bin/estimate/prices.ts';
import { usualEventBytes } from '../../bin/estimate/volume-options.ts';
import { givenVolumes } from '../../bin/estimate/volumes.ts';
import { totalUsd, workCost } from '../../bin/estimate/work-cost.ts';
import { newestSettledWindow } from '../../functions/shared/window.ts';
import { projectRoot } from '../../lib/config.ts';
import { machine, print, spread, taking, wholeNumber } from './figures.ts';
import { million } from './lambda-cost.ts';
import { runWhole, type WholeCommand } from './whole-command.ts';

/**
 * Measures the whole connector on one machine, a day of the simulator's: `npm run bench -- end-to-end [--events N]
 * [--rounds N] [--quick]`. docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

interface Pair {
  readonly ours: WholeCommand;
  readonly theirs: WholeCommand;
}

const events = wholeNumber('events', values.events ?? (values.quick ? '5000' : '200000'));
const rounds = wholeNumber('rounds', values.rounds ?? (values.quick ? '1' : '5'));
const folder = await mkdtemp(join(tmpdir(), 'connector-bench-'));
/** Not fewer: Mixpanel sends a body of less than 1400 bytes as it is, and the floor knows gzip alone. */
const few = 100;
let runs = 0;
try {
  print(`\nend to end: ${machine()}`);
  print(`${events} events a day; ${rounds} rounds, taking turns; each figure: median (lowest to highest)`);
  report(await taking(rounds, { ours: connector, theirs: floor }), events);
  // What a run costs beside its events: servers, bundles, the command itself.
  report(await taking(rounds, { ours: () => connector(few), theirs: () => floor(few) }), few);
  printCost();
} finally {
  await rm(folder, { recursive: true, force: true });
}

function connector(count = events): Promise<WholeCommand> {
  runs += 1;
  const program = join(projectRoot, 'bin', 'connector.js');
  const data = join(folder, `run-${runs}`);
  const options = `--days 1 --events ${count} --duplicates 0 --json --data '${data}'`;
  return runWhole(`'${process.execPath}' '${program}' local ${options} > /dev/null 2>&1`);
}

function floor(count = events): Promise<WholeCommand> {
  const program = fileURLToPath(new URL('end-to-end/floor.ts', import.meta.url));
  const date = newestSettledWindow(Date.now(), 'UTC');
  return runWhole(`'${process.execPath}' --import tsx '${program}' ${count} '${folder}' ${date} > /dev/null`);
}

function report(pairs: readonly Pair[], count: number): void {
  for (const which of ['ours', 'theirs'] as const) {
    const name = which === 'ours' ? 'connector' : 'floor    ';
    const wall = pairs.map((pair) => pair[which].wallSeconds);
    const cpu = pairs.map((pair) => pair[which].cpuSeconds);
    print(`${name} of ${count} events: wall s ${spread(wall, 2)}, CPU s ${spread(cpu, 2)}`);
  }
  const wall = pairs.map(({ ours, theirs }) => theirs.wallSeconds / ours.wallSeconds);
  const cpu = pairs.map(({ ours, theirs }) => theirs.cpuSeconds / ours.cpuSeconds);
  print(`floor to connector: wall ${spread(wall, 3)}, CPU ${spread(cpu, 3)}`);
}

/** By the same arithmetic and rates as `connector estimate`. */
function printCost(): void {
  const prices = readPrices();
  const volumes = givenVolumes(million, usualEventBytes);
  const lines = workCost(volumes, { exports: 1, deliveries: 1 }, prices);
  print(
    `\na million events of ${usualEventBytes} bytes, exported and delivered once, ${prices.region} ${prices.asOf}:`,
  );
  for (const { item, usd } of lines) print(`  ${item}: USD ${usd.toFixed(5)}`);
  print(`  together: USD ${totalUsd(lines).toFixed(5)}`);
}
