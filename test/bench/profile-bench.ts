import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';
import { createFunctionBundles, functionNames } from '../../lib/bundle-functions.ts';
import { projectRoot } from '../../lib/config.ts';
import * as exporting from './export/children.ts';
import { generateBytes } from './export/generate.ts';
import type { Measurement } from './export/protocol.ts';
import { machine, print, wholeNumber } from './figures.ts';
import * as mapping from './mapping/programs.ts';
import { storeRun } from './mapping/store-run.ts';
import { costsOf, type ProfiledCost, readProfile } from './profile/costs.ts';

/**
 * Says where export, load and the start of the functions spend their time, by V8's own profiler: `npm run bench --
 * profile [--events N] [--top N] [--quick]`. docs/performance.md says what the figures mean.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    top: { type: 'string', default: '12' },
    quick: { type: 'boolean', default: false },
  },
});

const eventBytes = 1000;
const partCount = 4;

const events = wholeNumber('events', values.events ?? (values.quick ? '20000' : '200000'));
const top = wholeNumber('top', values.top);
const folder = await mkdtemp(join(tmpdir(), 'connector-bench-'));
try {
  print(`\nprofiles: ${machine()}`);
  await profileExport();
  await profileLoad();
  await profileStarts();
} finally {
  await rm(folder, { recursive: true, force: true });
}

function profiled(name: string): { readonly dir: string; readonly flags: readonly string[] } {
  const dir = join(folder, `profile-${name}`);
  return { dir, flags: ['--cpu-prof', '--cpu-prof-dir', dir] };
}

async function profileExport(): Promise<void> {
  const program = exporting.bundlePrograms(folder, { readable: true });
  const file = join(folder, 'export.ndjson.gz');
  await pipeline(Readable.from(generateBytes(events, eventBytes)), createGzip(), createWriteStream(file));
  const server = await exporting.startServer([program('serve'), file]);
  const { dir, flags } = profiled('export');
  try {
    // The profile is written when the process ends.
    show(
      'export',
      dir,
      await mapping.runMeasured([process.execPath, ...flags, program('export'), server.url]),
    );
  } finally {
    await server.stop();
  }
}

async function profileLoad(): Promise<void> {
  const program = mapping.bundlePrograms(folder, { readable: true });
  const manifest = storeRun(folder, events, Math.ceil(events / partCount));
  const server = await exporting.startServer([program('accept')]);
  const { dir, flags } = profiled('load');
  const set = join(projectRoot, 'mappings', 'default.json');
  const parts = [...manifest.parts.keys()].join(',');
  try {
    const command = [process.execPath, ...flags, program('loaded'), set, folder, parts, server.url];
    show('load', dir, await mapping.runMeasured(command));
  } finally {
    await server.stop();
  }
}

async function profileStarts(): Promise<void> {
  const bundles = createFunctionBundles(folder);
  const set = join(projectRoot, 'mappings', 'default.json');
  for (const name of functionNames) {
    const { dir, flags } = profiled(name);
    const bundle = join(bundles.folder(name, set), 'index.mjs');
    await mapping.run([process.execPath, ...flags, bundle]);
    show(`start of ${name}`, dir, undefined);
  }
}

/** The main thread's costs. The profiler counts by the clock: with other work on the machine more than CPU seconds. */
function show(name: string, dir: string, measured: Measurement | undefined): void {
  const { activeMs, costs } = costsOf(readProfile(dir));
  const seconds = (activeMs / 1000).toFixed(2);
  const whole =
    measured === undefined
      ? ''
      : `; ${measured.cpuSeconds.toFixed(2)} CPU s of the whole process, zlib's threads included`;
  print(`\n${name}: ${seconds} s of the clock at work on the main thread${whole}`);
  for (const cost of costs.slice(0, top)) print(line(cost, activeMs));
}

function line({ what, ms }: ProfiledCost, activeMs: number): string {
  return `  ${((100 * ms) / activeMs).toFixed(1).padStart(5)} %  ${what}`;
}
