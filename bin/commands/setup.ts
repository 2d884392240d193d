import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { standardOutput } from '../operator/command-output.ts';
import type { SetupOutput } from '../setup/run-setup.ts';

const example = `
Credentials: PLATFORM_CLIENT_ID and PLATFORM_CLIENT_SECRET in the environment or, without these, the source's secret
in AWS Secrets Manager.
Where the source is deployed, a schema that was made or grown is also kept in the archive bucket, so that deliveries go by it at once.

Examples:
  $ connector setup --dry-run
  $ PLATFORM_CLIENT_ID=… PLATFORM_CLIENT_SECRET=… connector setup
  $ connector setup --source shop --grow
  $ connector setup --grow --property plan --property "Plan Type=planType" --dry-run
  $ connector setup --source shop --identity distinct_id=MIXPANEL
`;

/** `connector setup`: makes in Platform what the configured sources need. */
export function setupCommand(): Command {
  return new Command('setup')
    .description('make in Platform what the sources need: namespaces, field group, schema, dataset')
    .option('--dry-run', 'show what there is and what would be made; change nothing')
    .option('--yes', 'do not ask before making things')
    .option('--grow', 'add to the schema that setup made what the mapping set has come to write')
    .option('--property <name...>', 'with --grow: give this property of the events a field of its own')
    .option('--name <name>', "begin all names with this (default: Mixpanel and the source's id)")
    .option('--identity <field=namespace>', 'this text field below the tenant holds an identity')
    .option('--source <id>', 'this source alone (default: all)')
    .option('--config <file>', 'the configuration (default: CONNECTOR_CONFIG or connector.config.json)')
    .option('--region <name>', 'AWS region (default: as the AWS command line)')
    .option('--profile <name>', 'AWS profile (default: as the AWS command line)')
    .option('--outputs <file>', "the stack's outputs from this file of cdk deploy, without CloudFormation")
    .option('--json', 'JSON for programs on standard output')
    .addHelpText('after', example)
    .action(async (given: { readonly json?: boolean }) => {
      // Only now: help need not wait for the mapping language and the AWS clients.
      const { runSetup } = await import('../setup/run-setup.ts');
      process.exitCode = await runSetup(given, askingOutput(given.json === true));
    });
}

/** Asks where a person can answer, and nobody where a program reads. */
function askingOutput(json: boolean): SetupOutput {
  const output = standardOutput();
  const canAsk = output.isTerminal && process.stdin.isTTY === true && !json;
  return { ...output, confirm: canAsk ? confirm : undefined };
}

async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}
