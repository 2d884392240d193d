import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startServer } from './export/children.ts';
import type { Measurement } from './export/protocol.ts';
import { machine, print, spread, taking, wholeNumber } from './figures.ts';
import { lambdaCost, million } from './lambda-cost.ts';
import { bundlePrograms, canPin, onOneProcessor, runMeasured } from './mapping/programs.ts';
import { storeRun } from './mapping/store-run.ts';

/**
 * Measures loading, from stored parts to bytes that Platform has accepted, beside mapping alone, which throws its rows
 * away: `npm run bench -- load [--events N] [--rounds N] [--quick]`. docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

const mappingFile = fileURLToPath(new URL('../../mappings/default.json', import.meta.url));
const partCount = 4;

const folder = await mkdtemp(join(tmpdir(), 'connector-bench-'));
const program = bundlePrograms(folder);
try {
  await benchLoad(
    wholeNumber('events', values.events ?? (values.quick ? '20000' : '200000')),
    wholeNumber('rounds', values.rounds ?? (values.quick ? '1' : '5')),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function benchLoad(events: number, rounds: number): Promise<void> {
  const manifest = storeRun(folder, events, Math.ceil(events / partCount));
  const parts = [...manifest.parts.keys()].join(',');
  print(`\nload: ${machine()}`);
  print(
    canPin ? 'each program on one processor' : 'there is no taskset: programs may use several processors',
  );
  const server = await startServer([program('accept')]);
  const mapOnce = () =>
    runMeasured(onOneProcessor([process.execPath, program('compiled'), mappingFile, folder, parts]));
  const loadOnce = () =>
    runMeasured(
      onOneProcessor([process.execPath, program('loaded'), mappingFile, folder, parts, server.url]),
    );
  try {
    const pairs = await taking(rounds, { ours: loadOnce, theirs: mapOnce });
    for (const { ours, theirs } of pairs)
      if (ours.lines !== theirs.lines || ours.bytes !== theirs.bytes)
        throw new Error('the two made other rows');
    report(pairs.map(({ ours, theirs }) => ({ load: ours, map: theirs })));
  } finally {
    await server.stop();
  }
}

function report(pairs: readonly { readonly load: Measurement; readonly map: Measurement }[]): void {
  const [first] = pairs;
  if (first === undefined) return;
  const { lines, bytes } = first.load;
  print(`${lines} rows, ${(bytes / 1e6).toFixed(1)} MB; ${pairs.length} pairs; median (lowest to highest)`);
  for (const which of ['load', 'map'] as const) {
    const name = which === 'load' ? 'load        ' : 'mapping only';
    const rates = pairs.map((pair) => pair[which].bytes / 1e6 / pair[which].wallSeconds);
    const peaks = pairs.map((pair) => pair[which].peakMegabytes);
    print(`${name} MB/s ${spread(rates, 1)}, peak MB ${spread(peaks, 0)}`);
  }
  const wall = pairs.map(({ load, map }) => map.wallSeconds / load.wallSeconds);
  const cpu = pairs.map(({ load, map }) => map.cpuSeconds / load.cpuSeconds);
  print(`throughput, load to mapping only ${spread(wall, 3)}`);
  print(`throughput per CPU second        ${spread(cpu, 3)}`);
  print(lambdaCost(pairs.map(({ load }) => (load.cpuSeconds / load.lines) * million)));
}
