import { Command } from 'commander';
import { addVolumeOptions } from '../estimate/volume-options.ts';
import { standardOutput } from '../operator/command-output.ts';
import { addOperatorOptions } from '../operator/operator-options.ts';

const example = `
Examples:
  $ connector backfill 2024-01-01 2025-12-31 --dry-run
  $ connector backfill 2024-01-01 2025-12-31 --reason "first load"
  $ connector backfill                                    # how far they are
  $ connector backfill --pause                            # the only one under way
  $ connector backfill --resume 20261126T182449997Z-1f2e3d4c
  $ connector backfill 2024-01-01 2025-12-31 --reload --reason "new mapping"
`;

/** `connector backfill`: ranges of past windows. */
export function backfillCommand(): Command {
  const command = new Command('backfill')
    .description(
      'export a range of past windows, paced within the query budget; without a range, list backfills',
    )
    .argument('[from]', 'first window, YYYY-MM-DD')
    .argument('[to]', 'last window, YYYY-MM-DD')
    .option('--dry-run', 'say what it would come to: windows, queries, hours, GB, batches, dollars')
    .option('--reload', 'map and deliver what is stored again, without a call to Mixpanel')
    .option('--reason <text>', 'why; the ledgers keep it')
    .option('--pause [id]', 'let a backfill rest; without an id, the only one under way')
    .option('--resume [id]', 'let it go on')
    .option('--cancel [id]', 'end it for good; what was exported stays');
  return addOperatorOptions(addVolumeOptions(command))
    .addHelpText('after', example)
    .action(async (from: unknown, to: unknown, given: object) => {
      // Only now: help need not wait for the AWS clients.
      const { runBackfill } = await import('../backfill/run-backfill.ts');
      process.exitCode = await runBackfill({ ...given, from, to }, standardOutput());
    });
}
