import { Command } from 'commander';
import { standardOutput } from '../operator/command-output.ts';
import { addOperatorOptions } from '../operator/operator-options.ts';

const example = `
It spends one of the project's 60 export queries an hour, to see real events; --no-query spends none.
The schema that it reads is kept in the archive bucket, so that deliveries go by it at once.
Before the first deployment, credentials are taken from MIXPANEL_USERNAME, MIXPANEL_SECRET, PLATFORM_CLIENT_ID and
PLATFORM_CLIENT_SECRET in the environment.

Examples:
  $ connector doctor
  $ connector doctor --source shop --no-query
  $ connector doctor --json | jq '.checks[] | select(.state != "passed")'
  $ connector doctor --data /tmp/try
`;

/** `connector doctor`: whether all is there that a connector needs. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description(
      'check configuration, AWS, credentials, Mixpanel, Platform, schema and clock, with what to do about each',
    )
    .option('--no-query', 'spend no export query');
  return addOperatorOptions(command)
    .addHelpText('after', example)
    .action(async (given: unknown) => {
      // Only now: help need not wait for the AWS clients.
      const { runDoctor } = await import('../doctor/run-doctor.ts');
      process.exitCode = await runDoctor(given, standardOutput());
    });
}
