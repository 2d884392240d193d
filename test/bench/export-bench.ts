import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { arch, cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { bundlePrograms, runMeasured, startServer } from './export/children.ts';
import { generateBytes } from './export/generate.ts';
import { type Measurement, streamSizes } from './export/protocol.ts';

/**
 * Measures exportWindow: `npm run bench -- export [--events N] [--event-bytes N] [--pairs N] [--windows 300MB,3GB,10GB]`.
 * docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '300000' },
    'event-bytes': { type: 'string', default: '1000' },
    pairs: { type: 'string', default: '7' },
    /** Windows of which the peak memory is measured; `none` for none. */
    windows: { type: 'string', default: '300MB,3GB' },
    'skip-s3': { type: 'boolean', default: false },
  },
});

/** Lambda's list price per GB-second on arm64, us-east-1, first tier, to be checked; at 1769 MB it gives one vCPU. */
const lambda = { usdPerGbSecond: 0.0000133334, megabytes: 1769 } as const;
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
  const [model] = cpus();
  print(`${model?.model ?? 'unknown processor'}, ${cpus().length} logical processors, ${gb(totalmem())} GB`);
  print(
    `${process.platform} ${release()} ${arch()}, node ${process.versions.node}, zlib ${process.versions.zlib}`,
  );
  await benchThroughput(wholeNumber('events'), wholeNumber('event-bytes'), wholeNumber('pairs'));
  for (const size of values.windows.split(',').filter((text) => text !== 'none')) await benchMemory(size);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function benchThroughput(events: number, eventBytes: number, pairCount: number): Promise<void> {
  const file = join(folder, 'export.ndjson.gz');
  await pipeline(Readable.from(generateBytes(events, eventBytes)), createGzip(), createWriteStream(file));
  const server = await startServer([program('serve'), file]);
  try {
    const pairs: Pair[] = [];
    // One pair more than asked: the first only warms up files and processor, and is thrown away.
    for (let number = 0; number <= pairCount; number += 1) {
      // Each goes first as often as the other.
      const floorFirst = number % 2 === 0;
      const early = floorFirst ? await runMeasured([program('floor'), server.url]) : undefined;
      const ours = await runMeasured([program('export'), server.url]);
      const floor = early ?? (await runMeasured([program('floor'), server.url]));
      if (ours.lines !== floor.lines || ours.bytes !== floor.bytes)
        throw new Error('export and floor did not read the same bytes');
      if (number > 0) pairs.push({ ours, floor });
    }
    printThroughput(pairs);
    if (!values['skip-s3']) await benchS3(server.url);
  } finally {
    await server.stop();
  }
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
  const perMillion = pairs.map(({ ours }) => (ours.cpuSeconds / ours.lines) * 1e6);
  const usd = perMillion.map((seconds) => seconds * (lambda.megabytes / 1024) * lambda.usdPerGbSecond);
  print(
    `a million events: CPU s ${spread(perMillion, 1)}; on Lambda at ${lambda.megabytes} MB (one vCPU, as fast as this one) USD ${spread(usd, 5)}`,
  );
}

function describe(measurement: Measurement): string {
  const { lines, bytes, duplicates, wallSeconds, peakMegabytes } = measurement;
  const speed = (bytes / 1e6 / wallSeconds).toFixed(1);
  return `${lines} lines, ${gb(bytes)} GB, ${duplicates} duplicates: peak ${peakMegabytes.toFixed(0)} MB, ${speed} MB/s, ${cpuPerGb(measurement).toFixed(1)} CPU s per GB`;
}

function cpuPerGb({ cpuSeconds, bytes }: Measurement): number {
  return cpuSeconds / (bytes / 1e9);
}

function spread(figures: readonly number[], digits: number): string {
  const sorted = [...figures].sort((a, b) => a - b);
  const text = (index: number) => (sorted[index] ?? Number.NaN).toFixed(digits);
  return `${text(Math.floor(sorted.length / 2))} (${text(0)} to ${text(sorted.length - 1)})`;
}

function wholeNumber(option: 'events' | 'event-bytes' | 'pairs'): number {
  const value = Number(values[option]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option} must be a whole number from 1`);
}

function gb(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
