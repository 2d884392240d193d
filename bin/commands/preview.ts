import { Command } from 'commander';
import { standardOutput } from '../operator/command-output.ts';
import { parsePreviewOptions } from '../preview/preview-options.ts';

const example = `
Examples:
  $ connector preview --mapping my-mapping.json --input events.ndjson --tenant acme
  $ gunzip -c part-00000.ndjson.gz | connector preview --mapping my-mapping.json --config connector.config.json | less
  $ connector preview --mapping my-mapping.json --input events.ndjson --schema schema.json --tenant acme --json --check
  $ connector preview --mapping my-mapping.json --run shop/2026-03-08 --data /tmp/try --tenant acme
  $ connector preview --mapping my-mapping.json --run shop/2026-03-08 --bucket my-archive --config connector.config.json
  $ echo '{"name":"Ann"}' | connector preview --mapping rules.json --raw --json
`;

/** `connector preview`: what a mapping set makes of records, before anything is deployed. */
export function previewCommand(): Command {
  return new Command('preview')
    .description('show what a mapping set makes of records, one JSON value in a line')
    .requiredOption('--mapping <file>', 'the mapping set')
    .option('--input <file>', 'records, also gzipped (.gz); - is standard input (default: -)')
    .option('--run <source/date[/run]>', 'records of a stored run (default of the window: its newest)')
    .option('--data <dir>', 'where the run lies: a local connector, or a copy of an archive')
    .option('--bucket <name>', 'where the run lies: the archive bucket, with your AWS credentials')
    .option('--region <name>', 'with --bucket: AWS region (default: as the AWS command line)')
    .option('--profile <name>', 'with --bucket: AWS profile (default: as the AWS command line)')
    .option('--schema <file>', "check against this XDM schema, in the Schema Registry's full form")
    .option(
      '--raw',
      'a record is the whole source object, not a Mixpanel line; nothing is required of the row',
    )
    .option(
      '--strict',
      'null operands and unknown fields are errors, as with strictMapping in a configuration',
    )
    .option('--json', 'one line of JSON for each record')
    .option('--check', 'exit with 1 when a rule fails or a record is rejected')
    .option('--tenant <name>', 'value of $' + '{TENANT}, without the leading underscore')
    .option('--config <file>', 'take tenant, source and time zone from this configuration')
    .option('--source <id>', 'which source of the configuration (default: its only one)')
    .option('--timestamps <how>', 'how the project stores time: utc or project (default: utc)')
    .option('--timezone <name>', "the project's time zone (default: UTC)")
    .addHelpText('after', example)
    .action(async (given: unknown) => {
      const options = parsePreviewOptions(given);
      // Only now: help and refusals need not wait for the mapping language.
      const { runPreview } = await import('../preview/run-preview.ts');
      // A closed pipe is told twice: to the writer, and as an event that would end the process if nobody heard it.
      process.stdout.on('error', () => {});
      process.exitCode = await runPreview(options, {
        input: process.stdin,
        output: process.stdout,
        isTerminal: process.stdout.isTTY === true,
        notices: standardOutput().note,
      });
    });
}
