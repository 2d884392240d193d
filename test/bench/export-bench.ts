import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { bundlePrograms, runMeasured, startServer } from './export/children.ts';
import { generateBytes } from './export/generate.ts';
import { type ExportPeer, findCurl, installMixpanelImport } from './export/peers/export-peers.ts';
import { exportPath, type Measurement, streamSizes } from './export/protocol.ts';
import { machine, print, spread, taking, wholeNumber } from './figures.ts';
import { lambdaCost, million } from './lambda-cost.ts';
import type { Absent } from './mapping/peers/peer.ts';
import { runWhole } from './whole-command.ts';

/**
 * Measures exportWindow: `npm run bench -- export [--events N] [--event-bytes N] [--pairs N] [--windows 300MB,3GB,10GB]
 * [--skip-s3] [--skip-peers] [--quick]`.
 * docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    'event-bytes': { type: 'string', default: '1000' },
    pairs: { type: 'string' },
    /** Windows of which the peak memory is measured; `none` for none. */
    windows: { type: 'string' },
    'skip-s3': { type: 'boolean', default: false },
    'skip-peers': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});

/** Ten GB are five million events. */
const windowEventBytes = 2000;
const units: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9 };

interface Pair {
  readonly ours: Measurement;
  readonly floor: Measurement;
}

const folder = await mkdtemp(join(tmpdir(), 'connector-bench-'));
const program = bundlePrograms(folder);
try {
  print(`export: ${machine()}`);
  await benchThroughput({
    events: wholeNumber('events', values.events ?? (values.quick ? '20000' : '300000')),
    eventBytes: wholeNumber('event-bytes', values['event-bytes']),
    pairCount: wholeNumber('pairs', values.pairs ?? (values.quick ? '1' : '7')),
  });
  const windows = values.windows ?? (values.quick ? 'none' : '300MB,3GB');
  for (const size of windows.split(',').filter((text) => text !== 'none')) await benchMemory(size);
} finally {
  await rm(folder, { recursive: true, force: true });
}

interface Throughput {
  readonly events: number;
  readonly eventBytes: number;
  readonly pairCount: number;
}

async function benchThroughput({ events, eventBytes, pairCount }: Throughput): Promise<void> {
  const file = join(folder, 'export.ndjson.gz');
  await pipeline(Readable.from(generateBytes(events, eventBytes)), createGzip(), createWriteStream(file));
  const server = await startServer([program('serve'), file]);
  try {
    const taken = await taking(pairCount, {
      ours: () => runMeasured([program('export'), server.url]),
      theirs: () => runMeasured([program('floor'), server.url]),
    });
    const pairs = taken.map(({ ours, theirs }): Pair => ({ ours, floor: theirs }));
    for (const { ours, floor } of pairs)
      if (ours.lines !== floor.lines || ours.bytes !== floor.bytes)
        throw new Error('export and floor did not read the same bytes');
    printThroughput(pairs);
    if (!values['skip-peers'])
      for (const peer of [findCurl(), installMixpanelImport(folder)])
        await benchPeer(peer, server.url, pairCount);
    if (!values['skip-s3']) await benchS3(server.url);
  } finally {
    await server.stop();
  }
}

/** Against another tool, as whole processes with their start. */
async function benchPeer(peer: ExportPeer | Absent, url: string, rounds: number): Promise<void> {
  if ('reason' in peer) return print(`${peer.name}: not measured, ${peer.reason}`);
  const pairs = await taking(rounds, {
    ours: () => runWhole(`'${process.execPath}' '${program('export')}' '${url}' > /dev/null`),
    theirs: () => runWhole(peer.command(`${url}${exportPath}`)),
  });
  const of = (figure: (pair: (typeof pairs)[number]) => number, digits: number) =>
    spread(pairs.map(figure), digits);
  print(
    `${peer.name}: wall s ${of(({ theirs }) => theirs.wallSeconds, 2)}, CPU s ${of(({ theirs }) => theirs.cpuSeconds, 2)}; ` +
      `export, whole: wall s ${of(({ ours }) => ours.wallSeconds, 2)}, CPU s ${of(({ ours }) => ours.cpuSeconds, 2)}`,
  );
  print(
    `  throughput, export to it ${of(({ ours, theirs }) => theirs.wallSeconds / ours.wallSeconds, 2)}; ` +
      `per CPU second ${of(({ ours, theirs }) => theirs.cpuSeconds / ours.cpuSeconds, 2)}`,
  );
}

/** Once with the real client of S3, against the embedded AWS. */
async function benchS3(url: string): Promise<void> {
  const main = fileURLToPath(new URL('../simulators/aws/main.ts', import.meta.url));
  const aws = await startServer(['--import', 'tsx', main, '--data', join(folder, 'aws')]);
  try {
    const ours = await runMeasured([program('export'), url, aws.url]);
    print(`into the embedded S3 ${describe(ours)}`);
  } finally {
    await aws.stop();
  }
}

async function benchMemory(size: string): Promise<void> {
  const [, amount, unit] = /^(\d+)(MB|GB)$/.exec(size) ?? [];
  const scale = units[unit ?? ''];
  if (scale === undefined) throw new Error(`--windows: ${size} is no size such as 300MB or 10GB`);
  const events = Math.round((Number(amount) * scale) / windowEventBytes);
  const server = await startServer([program('serve'), '-', String(events), String(windowEventBytes)]);
  try {
    print(`window of ${size}      ${describe(await runMeasured([program('export'), server.url]))}`);
  } finally {
    await server.stop();
  }
}

function printThroughput(pairs: readonly Pair[]): void {
  const [first] = pairs;
  if (first === undefined) return;
  const { lines, bytes, duplicates } = first.ours;
  print(
    `\n${lines} lines, ${(bytes / 1e6).toFixed(1)} MB, ${duplicates} duplicates, gzip level ${streamSizes.gzipLevel}`,
  );
  print(`${pairs.length} pairs; each figure: median (lowest to highest)`);
  for (const which of ['ours', 'floor'] as const) {
    const name = which === 'ours' ? 'export' : 'floor ';
    const of = (figure: (measurement: Measurement) => number, digits: number) =>
      spread(
        pairs.map((pair) => figure(pair[which])),
        digits,
      );
    print(`${name} MB/s ${of(({ bytes, wallSeconds }) => bytes / 1e6 / wallSeconds, 1)}`);
    print(`${name} wall s ${of(({ wallSeconds }) => wallSeconds, 2)}`);
    print(`${name} CPU s per GB ${of(cpuPerGb, 1)}`);
    print(`${name} peak MB ${of(({ peakMegabytes }) => peakMegabytes, 0)}`);
  }
  const wall = pairs.map(({ ours, floor }) => floor.wallSeconds / ours.wallSeconds);
  const cpu = pairs.map(({ ours, floor }) => floor.cpuSeconds / ours.cpuSeconds);
  print(
    `throughput, export to floor ${spread(wall, 3)}   pair by pair ${wall.map((r) => r.toFixed(2)).join(' ')}`,
  );
  print(
    `throughput per CPU second   ${spread(cpu, 3)}   pair by pair ${cpu.map((r) => r.toFixed(2)).join(' ')}`,
  );
  printCost(pairs);
}

function printCost(pairs: readonly Pair[]): void {
  print(lambdaCost(pairs.map(({ ours }) => (ours.cpuSeconds / ours.lines) * million)));
}

function describe(measurement: Measurement): string {
  const { lines, bytes, duplicates, wallSeconds, peakMegabytes } = measurement;
  const speed = (bytes / 1e6 / wallSeconds).toFixed(1);
  return `${lines} lines, ${gb(bytes)} GB, ${duplicates} duplicates: peak ${peakMegabytes.toFixed(0)} MB, ${speed} MB/s, ${cpuPerGb(measurement).toFixed(1)} CPU s per GB`;
}

function cpuPerGb({ cpuSeconds, bytes }: Measurement): number {
  return cpuSeconds / (bytes / 1e9);
}

function gb(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}
