import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';

interface Bench {
  readonly name: string;
  readonly description: string;
  /** Whether it is one of those that run when none is named: they are about speed, in the order of the way. */
  readonly usual: boolean;
}

/** Each is a process of its own, `test/bench/<name>-bench.ts`. */
const benches: readonly Bench[] = [
  {
    name: 'export',
    description: 'from Mixpanel to the archive, beside the least that an export could do and other tools',
    usual: true,
  },
  {
    name: 'mapping',
    description: 'the default mapping: from stored parts to rows, beside plain JavaScript, jq and DuckDB',
    usual: true,
  },
  {
    name: 'load',
    description: 'from stored parts to bytes that Platform has accepted, beside mapping alone',
    usual: true,
  },
  {
    name: 'end-to-end',
    description: 'the whole connector on this machine, beside the least that one could do',
    usual: true,
  },
  {
    name: 'cold-start',
    description: 'until the functions’ bundles can take a message, beside an empty one',
    usual: true,
  },
  {
    name: 'status',
    description: '`connector status` on three years of windows, beside the least that a look could do',
    usual: true,
  },
  {
    name: 'scale',
    description: 'simulated days of 1 to 1,000 million events, and one of them run in reduced form',
    usual: false,
  },
  { name: 'profile', description: 'where export, load and cold start spend their time', usual: false },
];

async function start({ name }: Bench, args: readonly string[]): Promise<void> {
  const file = fileURLToPath(new URL(`${name}-bench.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status !== 0) process.exitCode = 1;
}

const program = new Command('bench').description('Measures the connector; docs/performance.md says how.');
program
  .enablePositionalOptions()
  .option('--quick', 'small sizes and a single round: to see that the benches work')
  .action(async ({ quick }: { quick?: boolean }) => {
    for (const bench of benches.filter(({ usual }) => usual))
      await start(bench, quick === true ? ['--quick'] : []);
  });
for (const bench of benches) {
  program
    .command(bench.name)
    .description(bench.description)
    .argument('[options...]', `see the beginning of test/bench/${bench.name}-bench.ts`)
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action((options: readonly string[]) => start(bench, options));
}
await program.parseAsync();
