import { Command } from 'commander';
import { standardOutput } from '../operator/command-output.ts';
import { addOperatorOptions } from '../operator/operator-options.ts';

const example = `
Examples:
  $ connector status
  $ connector status --watch --source shop
  $ connector status 2026-03-08
  $ connector status 2026-03-08 --reconcile --sample 10
  $ connector status 2026-03-08 --reconcile --recount
  $ connector status --reconcile --check
  $ connector status --json | jq '.sources[].windows[-1]'
  $ connector status --html status.html
  $ connector status --check || echo "look at the connector"
  $ connector status --data /tmp/try
`;

/** `connector status`: one look says whether all is well. */
export function statusCommand(): Command {
  const command = new Command('status')
    .description('show whether all is well: windows, deliveries, backfills, dead letters, budget')
    .argument('[date]', "this window's whole history, YYYY-MM-DD")
    .option('--watch', 'look again every 5 seconds, until Ctrl-C')
    .option('--all', 'every month of the calendar (default: the newest 6, and those with trouble)')
    .option('--html <file>', 'write a page about everything that `status` knows, to keep or to mail')
    .option(
      '--reconcile',
      "ask Platform whether it holds what the ledger says: a window's batch and its counts, or every window's",
    )
    .option(
      '--recount',
      "with a date: also count what Mixpanel has now; spends one export query of the project's hourly budget, and downloads the day",
    )
    .option(
      '--sample <rows>',
      "with a date: also compare rows of the batch, as Platform previews them, with the archive's",
    )
    .option('--check', 'exit with 1 when anything needs you');
  return addOperatorOptions(command)
    .addHelpText('after', example)
    .action(async (date: unknown, given: object) => {
      const interruption = new AbortController();
      // Only where there is something to end in good order: Ctrl-C ends any other call at once.
      if ('watch' in given) process.once('SIGINT', () => interruption.abort());
      // Only now: help need not wait for the AWS clients.
      const { runStatus } = await import('../status/run-status.ts');
      process.exitCode = await runStatus({ ...given, date }, standardOutput(), interruption.signal);
    });
}
