import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inParallel } from '../../functions/shared/in-parallel.ts';
import { readWindows } from '../../functions/shared/known-windows.ts';
import { digestsKey, ledgerKey } from '../../functions/shared/object-keys.ts';
import { newestSettledWindow, windowsBetween } from '../../functions/shared/window.ts';
import { createStoredDigests } from '../../functions/shared/window-digests.ts';
import { projectRoot } from '../../lib/config.ts';
import { aLedger } from '../support/ledgers.ts';
import { startOperatorWorld } from '../support/operator-world.ts';
import { machine, print, spread, wholeNumber } from './figures.ts';
import { runWhole, type WholeCommand } from './whole-command.ts';

/**
 * Measures how long `connector status` takes, beside the least that a look could do: `npm run bench -- status
 * [--windows N] [--rounds N] [--quick]`. docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: {
    windows: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

const source = 'shop';
const builds = join(projectRoot, 'dist', 'command-line');
const dayMs = 86_400_000;

const looks = {
  floor: 'list and note, by plain node',
  later: 'status',
  first: 'status, first call after npm ci',
  unnoted: 'status, nothing noted in the bucket',
  sources: 'status, run from its sources',
} as const;
type Look = keyof typeof looks;
const order = ['floor', 'later', 'first', 'unnoted', 'sources'] as const;

const windows = wholeNumber('windows', values.windows ?? (values.quick ? '50' : '1100'));
const rounds = wholeNumber('rounds', values.rounds ?? (values.quick ? '1' : '5'));
const world = await startOperatorWorld([{ id: source, schedule: { at: '00:00' } }]);
try {
  await putLedgers();
  await note();
  const taken: Record<Look, WholeCommand[]> = { floor: [], later: [], first: [], unnoted: [], sources: [] };
  // One more than asked: the first only warms up. In turn, each in another place of every round.
  for (let round = 0; round <= rounds; round += 1) {
    for (let index = 0; index < order.length; index += 1) {
      const look = order[(index + round) % order.length] ?? 'floor';
      const measured = await measure(look);
      if (round > 0) taken[look].push(measured);
    }
  }
  report(taken);
} finally {
  await world.close();
}

async function putLedgers(): Promise<void> {
  const newest = newestSettledWindow(Date.now(), 'UTC');
  const oldest = new Date(Date.parse(newest) - (windows - 1) * dayMs).toISOString().slice(0, 10);
  await inParallel(windowsBetween(oldest, newest), 20, (date) =>
    world.store.put(ledgerKey({ source, date }), JSON.stringify(aLedger(date))),
  );
}

/** As the hourly watch does it. */
async function note(): Promise<void> {
  const digests = createStoredDigests(world.store, source, (error) => {
    throw error;
  });
  await readWindows(world.store, source, digests);
}

async function measure(look: Look): Promise<WholeCommand> {
  const node = `'${process.execPath}'`;
  const floor = fileURLToPath(new URL('status/floor.mjs', import.meta.url));
  const status = `'${join(projectRoot, 'bin', 'connector.js')}' status --json --data '${world.dir}'`;
  try {
    // What a call leaves behind.
    if (look === 'first') rmSync(builds, { recursive: true, force: true });
    if (look === 'unnoted') await world.store.delete(digestsKey(source));
    if (look === 'floor')
      return await runWhole(
        `${node} '${floor}' ${world.awsUrl} ${world.outputs.BucketName} ${source} > /dev/null`,
      );
    return await runWhole(`CONNECTOR_DEBUG=${look === 'sources' ? '1' : ''} ${node} ${status} > /dev/null`);
  } finally {
    if (look === 'unnoted') await note();
  }
}

function report(taken: Readonly<Record<Look, readonly WholeCommand[]>>): void {
  print(`\nstatus: ${machine()}`);
  print(`${windows} ledgers; ${rounds} rounds, taking turns; each figure: median (lowest to highest)`);
  for (const look of order) {
    const wall = taken[look].map(({ wallSeconds }) => wallSeconds);
    const cpu = taken[look].map(({ cpuSeconds }) => cpuSeconds);
    print(`${looks[look].padEnd(38)} wall s ${spread(wall, 2)}, CPU s ${spread(cpu, 2)}`);
  }
}
