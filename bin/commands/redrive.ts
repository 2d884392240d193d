import { Command } from 'commander';
import { standardOutput } from '../operator/command-output.ts';
import { addOperatorOptions } from '../operator/operator-options.ts';

const example = `
Examples:
  $ connector redrive                                # list them
  $ connector redrive --code mixpanel_auth           # once the credential is renewed
  $ connector redrive --code batch_failed counts_differ --source shop
  $ connector redrive --match "HTTP 503" --dry-run
  $ connector redrive --window 2026-03-08
  $ connector redrive --all
  $ connector redrive --drop --match "reading a window message"   # what can never be carried out
`;

/** `connector redrive`: dead letters back to their queues. */
export function redriveCommand(): Command {
  const command = new Command('redrive')
    .description(
      'send dead letters back to their queues, chosen by reason, or drop them; without a choice, list them',
    )
    .option('--code <code...>', 'those with one of these codes')
    .option('--window <date>', 'those about this window')
    .option('--match <text>', 'those whose reason has this text')
    .option('--all', 'all of them')
    .option('--drop', 'delete what is chosen instead of sending it back; nothing else is changed')
    .option('--dry-run', 'list what would be sent back, or deleted');
  return addOperatorOptions(command)
    .addHelpText('after', example)
    .action(async (given: unknown) => {
      // Only now: help need not wait for the AWS clients.
      const { runRedrive } = await import('../redrive/run-redrive.ts');
      process.exitCode = await runRedrive(given, standardOutput());
    });
}
