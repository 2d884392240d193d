import { Command } from 'commander';
import { addVolumeOptions } from '../estimate/volume-options.ts';
import { standardOutput } from '../operator/command-output.ts';
import { addOperatorOptions } from '../operator/operator-options.ts';

const example = `
Examples:
  $ connector estimate                                              # by the last four weeks
  $ connector estimate --events-per-day 1000000 --event-bytes 1000  # before anything is deployed
  $ connector estimate --prices eu-central-1.json --source shop
`;

/** `connector estimate`: what a month costs. */
export function estimateCommand(): Command {
  const command = new Command('estimate')
    .description('say what a month of each source costs at AWS, with the arithmetic')
    .option('--prices <file>', "another region's prices, in the form of bin/estimate/prices.json");
  return addOperatorOptions(addVolumeOptions(command))
    .addHelpText('after', example)
    .action(async (given: unknown) => {
      // Only now: help need not wait for the AWS clients.
      const { runEstimate } = await import('../estimate/run-estimate.ts');
      process.exitCode = await runEstimate(given, standardOutput());
    });
}
