import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { partKey } from '../../functions/shared/object-keys.ts';
import { parseJsonWith } from '../../functions/shared/parse.ts';
import { machine, print, spread, taking, wholeNumber } from './figures.ts';
import { differences } from './mapping/compare-rows.ts';
import { installDuckDb } from './mapping/peers/duckdb.ts';
import { findJq } from './mapping/peers/jq.ts';
import type { Absent, Peer } from './mapping/peers/peer.ts';
import { bundlePrograms, canPin, onOneProcessor, run, runMeasured } from './mapping/programs.ts';
import { runRef } from './mapping/settings.ts';
import { storeLargePart, storeRun } from './mapping/store-run.ts';

/**
 * Measures the compiled default mapping, from stored parts to rows: `npm run bench -- mapping [--events N]
 * [--rounds N] [--memory 200000,2000000] [--skip-peers] [--quick]`. docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    rounds: { type: 'string' },
    /** Lines of parts of which the peak memory is measured; `none` for none. */
    memory: { type: 'string' },
    'skip-peers': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});

const mappingFile = fileURLToPath(new URL('../../mappings/default.json', import.meta.url));
/** An even number, so that two processes get the same. */
const partCount = 8;
const comparedRows = 20_000;

const folder = await mkdtemp(join(tmpdir(), 'connector-bench-'));
const program = bundlePrograms(folder);
try {
  const rounds = wholeNumber('rounds', values.rounds ?? (values.quick ? '1' : '5'));
  const events = wholeNumber('events', values.events ?? (values.quick ? '20000' : '200000'));
  const memory = values.memory ?? (values.quick ? 'none' : '200000,2000000');
  const manifest = storeRun(folder, events, Math.ceil(events / partCount));
  print(`\nmapping: ${machine()}`);
  print(
    `${manifest.records} lines in ${manifest.parts.length} parts, ${(manifest.bytes / 1e6).toFixed(1)} MB; ${rounds} rounds, taking turns; each figure: median (lowest to highest)`,
  );
  print(
    canPin
      ? 'one thread: each program on one processor'
      : 'there is no taskset: programs may use several processors',
  );
  const all = [...manifest.parts.keys()];
  await benchCompileTime();
  await benchByHand(all, rounds);
  if (!values['skip-peers']) {
    // It takes so much longer that one part has to do.
    await benchPeer(findJq(folder), all.slice(0, 1), rounds);
    await benchPeer(installDuckDb(folder), all, rounds);
  }
  await benchProcessors(all, rounds);
  for (const lines of memory.split(',').filter((text) => text !== 'none')) await benchMemory(Number(lines));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function benchCompileTime(): Promise<void> {
  const { output } = await run([process.execPath, program('compile-time'), mappingFile]);
  const schema = z.object({ first: z.number(), again: z.number() });
  const { first, again } = parseJsonWith(schema, output, 'reading the compile times');
  print(
    `compiling the default mapping: ${first.toFixed(1)} ms in a new process, then ${again.toFixed(1)} ms`,
  );
}

function compiled(parts: readonly number[], output?: string): string[] {
  const args = [process.execPath, program('compiled'), mappingFile, folder, parts.join(',')];
  return output === undefined ? args : [...args, output];
}

function byHand(parts: readonly number[], output?: string): string[] {
  const args = [process.execPath, program('by-hand'), folder, parts.join(',')];
  return output === undefined ? args : [...args, output];
}

/** Against plain JavaScript for this one mapping. The start of the processes is not counted. */
async function benchByHand(parts: readonly number[], rounds: number): Promise<void> {
  const [ours, theirs] = [join(folder, 'compiled.ndjson'), join(folder, 'by-hand.ndjson')];
  await run(compiled(parts, ours));
  await run(byHand(parts, theirs));
  if ((await digestOf(ours)) !== (await digestOf(theirs)))
    throw new Error('the compiled mapping and the one written by hand give other bytes');
  const rows = `${(statSync(ours).size / 1e6).toFixed(1)} MB of rows`;
  const pairs = await taking(rounds, {
    ours: () => runMeasured(onOneProcessor(compiled(parts))),
    theirs: () => runMeasured(onOneProcessor(byHand(parts))),
  });
  const perSecond = (of: 'ours' | 'theirs') =>
    spread(
      pairs.map((pair) => pair[of].lines / pair[of].wallSeconds),
      0,
    );
  print(`the same bytes as by hand (SHA-256 compared), ${rows}`);
  print(`compiled, records/s ${perSecond('ours')}`);
  print(`by hand, records/s  ${perSecond('theirs')}`);
  print(
    `compiled to by hand ${spread(
      pairs.map(({ ours, theirs }) => theirs.wallSeconds / ours.wallSeconds),
      2,
    )}`,
  );
  print(
    `  by CPU seconds    ${spread(
      pairs.map(({ ours, theirs }) => theirs.cpuSeconds / ours.cpuSeconds),
      2,
    )}`,
  );
}

/** Against another tool, as whole processes that write their rows into a file. */
async function benchPeer(peer: Peer | Absent, parts: readonly number[], rounds: number): Promise<void> {
  if ('reason' in peer) return print(`${peer.name}: not measured, ${peer.reason}`);
  const [ours, theirs] = [join(folder, 'compiled.ndjson'), join(folder, 'peer.ndjson')];
  const files = parts.map((part) => join(folder, partKey(runRef, part)));
  const pairs = await taking(rounds, {
    ours: () => run(onOneProcessor(compiled(parts, ours))),
    theirs: () => run(onOneProcessor(peer.command(files, theirs))),
  });
  print(
    `${peer.name}, s ${spread(
      pairs.map((pair) => pair.theirs.seconds),
      2,
    )}; compiled, s ${spread(
      pairs.map((pair) => pair.ours.seconds),
      2,
    )}`,
  );
  print(
    `compiled to ${peer.name} ${spread(
      pairs.map((pair) => pair.theirs.seconds / pair.ours.seconds),
      2,
    )}`,
  );
  const found = [...differences(ours, theirs, comparedRows)].sort((a, b) => b[1] - a[1]);
  print(
    `  rows that differ, of ${comparedRows}: ${found.map(([path, count]) => `${path} ${count}`).join(', ') || 'none'}`,
  );
}

/** The parts of a run by one process on one processor, and by two on two, as two invocations share them. */
async function benchProcessors(parts: readonly number[], rounds: number): Promise<void> {
  if (cpus().length < 2) return print('two processors: not measured, there is one');
  const half = parts.length / 2;
  const halves = [parts.slice(0, half), parts.slice(half)];
  const pairs = await taking(rounds, {
    ours: () => together(halves.map((some) => compiled(some))),
    theirs: () => together([onOneProcessor(compiled(parts))]),
  });
  const free = await taking(rounds, {
    ours: () => together(halves.map((some) => compiled(some))),
    theirs: () => together([compiled(parts)]),
  });
  print(
    `two processes to one on one processor ${spread(
      pairs.map(({ ours, theirs }) => theirs / ours),
      2,
    )}`,
  );
  print(
    `  to one that may use both processors ${spread(
      free.map(({ ours, theirs }) => theirs / ours),
      2,
    )}`,
  );
}

/** Seconds until the slowest is done, its own start not counted. */
async function together(commands: readonly (readonly string[])[]): Promise<number> {
  const measurements = await Promise.all(commands.map(runMeasured));
  return Math.max(...measurements.map(({ wallSeconds }) => wallSeconds));
}

async function benchMemory(lines: number): Promise<void> {
  const part = storeLargePart(folder, lines);
  const { peakMegabytes, lines: mapped } = await runMeasured(compiled([part]));
  print(`a part of ${mapped} lines: peak ${peakMegabytes.toFixed(0)} MB`);
}

async function digestOf(file: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(file), digest);
  return digest.digest('hex');
}
