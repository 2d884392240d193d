import { mkdtemp, rm } from 'node:fs/promises';
import { arch, cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startServer } from './export/children.ts';
import type { Measurement } from './export/protocol.ts';
import { spread } from './figures.ts';
import { bundlePrograms, canPin, onOneProcessor, runMeasured } from './mapping/programs.ts';
import { storeRun } from './mapping/store-run.ts';

/**
 * Measures loading, from stored parts to bytes that Platform has accepted, beside mapping alone, which throws its rows
 * away: `npm run bench -- load [--events N] [--rounds N]`. docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: { events: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '5' } },
});

const mappingFile = fileURLToPath(new URL('../../mappings/default.json', import.meta.url));
const partCount = 4;

const folder = await mkdtemp(join(tmpdir(), 'connector-bench-'));
const program = bundlePrograms(folder);
try {
  await benchLoad(wholeNumber('events'), wholeNumber('rounds'));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function benchLoad(events: number, rounds: number): Promise<void> {
  const manifest = storeRun(folder, events, Math.ceil(events / partCount));
  const parts = [...manifest.parts.keys()].join(',');
  const [model] = cpus();
  print(`\nload: ${model?.model ?? 'unknown processor'}, ${cpus().length} logical processors`);
  print(`${process.platform} ${release()} ${arch()}, node ${process.versions.node}`);
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
    const pairs: { load: Measurement; map: Measurement }[] = [];
    // One more than asked: the first only warms up. Each goes first as often as the other.
    for (let round = 0; round <= rounds; round += 1) {
      const early = round % 2 === 0 ? await mapOnce() : undefined;
      const load = await loadOnce();
      const map = early ?? (await mapOnce());
      if (load.lines !== map.lines || load.bytes !== map.bytes) throw new Error('the two made other rows');
      if (round > 0) pairs.push({ load, map });
    }
    report(pairs);
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
}

function wholeNumber(option: 'events' | 'rounds'): number {
  const value = Number(values[option]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option} must be a whole number from 1`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
