import { resolve } from 'node:path';
import { Command } from 'commander';
import { parseLocalOptions } from '../local/local-options.ts';
import type { LocalOutput } from '../local/run-local.ts';

const example = `
Examples:
  $ npm start
  $ connector local --days 7 --events 100000
  $ connector local --faults --seed 3
  $ connector local --days 1 --export-speed 4000 --function-timeout 26   # a window too large for one function
  $ connector local --data /tmp/try --json | tail -n 1
  $ MIXPANEL_USERNAME=… MIXPANEL_SECRET=… connector local --mixpanel --config connector.config.json
`;

/** `connector local`: the whole connector on one machine. */
export function localCommand(): Command {
  return new Command('local')
    .description('run the whole connector on this machine, against simulators unless told otherwise')
    .option('--days <count>', 'windows to deliver, the newest being yesterday (default: 3)')
    .option('--events <count>', 'events per day that the simulated project has (default: 40000)')
    .option('--seed <number>', 'another seed gives other events (default: 1)')
    .option('--faults', 'a bad day: cut transfers, 429, resets')
    .option('--duplicates <share>', 'share of events sent twice, 0 to 1 (default: 0)')
    .option('--timezone <name>', "the project's time zone (default: UTC)")
    .option('--legacy', "a project from before 2023, whose times are shifted into the project's zone")
    .option(
      '--export-speed <rows>',
      'events a second that the simulated Mixpanel sends (default: all it can)',
    )
    .option('--function-timeout <seconds>', 'stop functions after so long instead of the deployed time')
    .option('--streaming', 'stream rows through an inlet instead of delivering batches')
    .option('--data <dir>', 'keep everything here; a second call goes on there (default: a new folder)')
    .option('--config <file>', "take the sources from this configuration instead of the simulators' own")
    .option('--mapping <file>', 'use this mapping set instead of the configured one')
    .option('--mixpanel', 'export from the real Mixpanel; needs --config and credentials in the environment')
    .option('--platform', 'deliver to the real Platform; needs --config and credentials in the environment')
    .option('--timeout <minutes>', 'give up after so long (default: 30)')
    .option('--aws-port <port>', 'port of the embedded AWS (default: any free one)')
    .option('--mixpanel-port <port>', 'port of the Mixpanel simulator (default: any free one)')
    .option('--platform-port <port>', 'port of the Platform simulator (default: any free one)')
    .option('--json', 'end with one line of JSON on standard output; all else goes to standard error')
    .addHelpText('after', example)
    .action(async (given: unknown) => {
      const options = parseLocalOptions(given);
      const dataDir = resolve(options.data ?? freshDataDir());
      // Only now: help and refusals need not wait for all that synthesizing takes.
      const { runLocal } = await import('../local/run-local.ts');
      process.exitCode = await runLocal(options, dataDir, standardOutput(options.json));
    });
}

/** Named by the time, so that folders of several runs sort by it. */
function freshDataDir(): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return `.connector/local-${stamp}`;
}

function standardOutput(json: boolean): LocalOutput {
  const stream = json ? process.stderr : process.stdout;
  return {
    progress: {
      write: (text) => void stream.write(text),
      isTerminal: stream.isTTY === true,
      // A terminal without a size says 0.
      size: () => ({ rows: stream.rows || 24, columns: stream.columns || 80 }),
    },
    result: (text) => void process.stdout.write(text),
  };
}
