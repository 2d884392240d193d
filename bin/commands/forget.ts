import { Command } from 'commander';
import { standardOutput } from '../operator/command-output.ts';
import { addOperatorOptions } from '../operator/operator-options.ts';

const details = `
FILE has one id to a line, as it is or as {"id":"…","namespace":"…"}: list every id that Mixpanel knows a person by. An event
is a person's if distinct_id, $user_id, $device_id or one of Mixpanel's other ids of its event is one of them, with or without
"$device:". The whole archive of the source is read. No id is written anywhere but into Platform's work orders.

By default each window whose newest run changes is delivered anew, in a batch that replaces the earlier one: that cleans the
dataset, and nothing else. --work-order also files record deletes, which clean Profile, the identity graph and, unless you say
"dataset", every dataset of the sandbox. Rows that were streamed are deleted by work orders alone.

Interrupted, it goes on where it was when it is called again.
`;

const example = `
Examples:
  $ connector forget --ids ids.txt --dry-run
  $ connector forget --ids ids.txt --source shop --reason "request 4711"
  $ connector forget --ids ids.txt --work-order
  $ connector forget --ids ids.txt --work-order dataset --data /tmp/try
`;

/** `connector forget`: the events of given persons, out of archive and dataset, and out of later exports. */
export function forgetCommand(): Command {
  const command = new Command('forget')
    .description("delete persons' events from archive and dataset, and leave them out of later exports")
    .requiredOption('--ids <file>', 'whom: one id to a line')
    .option('--dry-run', 'say which runs hold their events; change nothing')
    .option(
      '--work-order [scope]',
      "also have Platform delete them: from all datasets (default), or from this source's dataset",
    )
    .option('--reason <text>', 'why; evidence and ledgers keep it');
  return addOperatorOptions(command)
    .addHelpText('after', details + example)
    .action(async (given: unknown) => {
      // Only now: help need not wait for the AWS clients.
      const { runForget } = await import('../forget/run-forget.ts');
      process.exitCode = await runForget(given, standardOutput());
    });
}
