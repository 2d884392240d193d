import { Command } from 'commander';
import { standardOutput } from '../operator/command-output.ts';
import { addOperatorOptions } from '../operator/operator-options.ts';

const example = `
Examples:
  $ connector replay 2026-03-08
  $ connector replay 2026-03-08 2026-03-09 --source shop --reason "late events of the app's 4.2"
  $ connector replay 2026-03-08 --reload --reason "new mapping"
  $ connector replay 2026-03-08 --data /tmp/try
`;

/** `connector replay`: export windows again, or only deliver them again. */
export function replayCommand(): Command {
  const command = new Command('replay')
    .description('export windows again and deliver them in place of what was delivered before')
    .argument('<date...>', 'windows, YYYY-MM-DD')
    .option('--reload', 'map and deliver what is stored again, without a call to Mixpanel')
    .option('--reason <text>', 'why; the ledger keeps it');
  return addOperatorOptions(command)
    .addHelpText('after', example)
    .action(async (dates: unknown, given: object) => {
      // Only now: help need not wait for the AWS clients.
      const { runReplay } = await import('../replay/run-replay.ts');
      process.exitCode = await runReplay({ ...given, dates }, standardOutput());
    });
}
