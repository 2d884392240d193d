import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';

/** The benches, in the order in which all of them run; each is a process of its own. */
const benches = {
  export: 'exportWindow: from Mixpanel to the archive, beside the least that an export could do',
  mapping: 'the default mapping: from stored parts to rows, beside plain JavaScript, jq and DuckDB',
  load: 'from stored parts to bytes that Platform has accepted, beside mapping alone',
} as const;
type Bench = keyof typeof benches;

async function start(bench: Bench, args: readonly string[]): Promise<void> {
  const file = fileURLToPath(new URL(`${bench}-bench.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status !== 0) process.exitCode = 1;
}

const program = new Command('bench').description('Measures the connector; docs/performance.md says how.');
program.enablePositionalOptions().action(async () => {
  await start('export', []);
  await start('mapping', []);
  await start('load', []);
});
for (const [name, description] of [
  ['export', benches.export],
  ['mapping', benches.mapping],
  ['load', benches.load],
] as const) {
  program
    .command(name)
    .description(description)
    .argument('[options...]', `see the beginning of test/bench/${name}-bench.ts`)
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action((options: readonly string[]) => start(name, options));
}
await program.parseAsync();
