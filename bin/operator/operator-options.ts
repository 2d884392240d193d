import type { Command } from 'commander';
import * as z from 'zod';

const file = z.string().min(1, 'must be a file').optional();
const name = (what: string) => z.string().min(1, `must be ${what}`).optional();

/** What every operator's command takes: which connector it is about, and for whom it writes. */
export const operatorOptions = {
  config: file,
  source: name('the id of a source'),
  region: name('an AWS region'),
  profile: name('a profile of the AWS command line'),
  outputs: file,
  data: name('the folder of a local connector'),
  json: z.boolean().default(false),
} as const;

const operatorOptionsSchema = z.object(operatorOptions);
export type OperatorOptions = z.output<typeof operatorOptionsSchema>;

/** What a local connector answers by itself. */
const notWithData = ['config', 'region', 'profile', 'outputs'] as const;

/** For a schema's `superRefine`: names the options that contradict `--data`. */
export function refuseBesideData(value: OperatorOptions, context: z.core.$RefinementCtx): void {
  if (value.data === undefined) return;
  for (const option of notWithData) {
    if (value[option] === undefined) continue;
    const message = 'belongs to a connector in AWS; leave it out with --data';
    context.addIssue({ code: 'custom', path: [option], input: value[option], message });
  }
}

/** Adds these options to a command, in the order in which help lists them. */
export function addOperatorOptions(command: Command): Command {
  return command
    .option('--source <id>', 'this source alone (default: all)')
    .option('--config <file>', 'the configuration (default: CONNECTOR_CONFIG or connector.config.json)')
    .option('--region <name>', 'AWS region (default: as the AWS command line)')
    .option('--profile <name>', 'AWS profile (default: as the AWS command line)')
    .option('--outputs <file>', "the stack's outputs from this file of cdk deploy, without CloudFormation")
    .option('--data <dir>', 'the local connector that keeps its data here, instead of one in AWS')
    .option('--json', 'JSON for programs on standard output');
}
