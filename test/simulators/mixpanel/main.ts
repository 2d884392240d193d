import { Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { isCalendarDate } from './data/calendar.ts';
import type { MixpanelOptions } from './options.ts';
import { defaultProjectId, defaultUsername } from './options.ts';
import { startMixpanel } from './server.ts';

/** Where the secret comes from when no flag names it: a flag would show in the list of processes. */
const secretVariable = 'MIXPANEL_SIM_SECRET';
/** With `--faults`: how many exports of a day may fail before it succeeds. */
const maxFaultsPerDay = 3;

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('must be a number from 0');
  return value;
}

function port(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value > 65_535)
    throw new InvalidArgumentError('must be a port from 0 to 65535');
  return value;
}

function share(text: string): number {
  const value = number(text);
  if (value > 1) throw new InvalidArgumentError('must be a share from 0 to 1');
  return value;
}

const command = new Command('mixpanel-simulator')
  .description('A Mixpanel of our own: generated events behind the real export API, on this machine alone.')
  .option('--port <number>', 'port to listen on; 0 takes a free one', port, 0)
  .option('--data <dir>', 'folder that keeps the count of pulls and spent faults')
  .option('--seed <number>', 'another seed gives other events', number, 1)
  .option('--events <count>', 'events per day', number, 1000)
  .option('--event-bytes <bytes>', 'average length of a line', number, 1000)
  .option('--project <id>', 'project id', number, defaultProjectId)
  .option('--username <name>', 'service account', defaultUsername)
  .option('--secret <text>', `its secret; better given by ${secretVariable}`)
  .option('--timezone <name>', 'project time zone', 'UTC')
  .option('--created <date>', 'no events exist before this day')
  .option('--legacy', 'a project from before 2023: times are shifted into its zone', false)
  .option('--identity <kind>', 'simplified or original', 'simplified')
  .option('--faults', 'bad days: every day fails a few times before it succeeds', false)
  .option('--duplicates <share>', 'share of events sent twice', share, 0)
  .option('--late <share>', "further events that appear only from a day's second pull on", share, 0)
  .option('--rekey <share>', 'events whose distinct_id changes from the second pull on', share, 0)
  .option('--rows-per-second <count>', 'how fast an export comes; as fast as it can without it', number)
  .option('--clock-speed <factor>', 'how many times faster the rate limits let go', number, 1);

const flagsSchema = z.strictObject({
  port: z.int(),
  data: z.string().optional(),
  seed: z.number(),
  events: z.number(),
  eventBytes: z.number(),
  project: z.int().positive('--project must be a project id'),
  username: z.string(),
  secret: z.string().optional(),
  timezone: z.string(),
  created: z.string().refine(isCalendarDate, '--created must be a date, YYYY-MM-DD').optional(),
  legacy: z.boolean(),
  identity: z.enum(['simplified', 'original'], '--identity must be simplified or original'),
  faults: z.boolean(),
  duplicates: z.number(),
  late: z.number(),
  rekey: z.number(),
  rowsPerSecond: z.number().positive('--rows-per-second must be above 0').optional(),
  clockSpeed: z.number().positive('--clock-speed must be above 0'),
});

function optionsOf(flags: z.output<typeof flagsSchema>): MixpanelOptions {
  const secret = flags.secret ?? process.env[secretVariable];
  if (secret === undefined || secret === '')
    throw new Error(`set ${secretVariable} to the service account's secret`);
  const created = flags.created === undefined ? {} : { createdAt: flags.created };
  return {
    port: flags.port,
    seed: flags.seed,
    eventsPerDay: flags.events,
    eventBytes: flags.eventBytes,
    identity: flags.identity,
    duplicates: flags.duplicates,
    lateRows: { share: flags.late, fromPull: 2 },
    rekey: { share: flags.rekey, fromPull: 2 },
    projects: [{ projectId: flags.project, timezone: flags.timezone, legacy: flags.legacy, ...created }],
    accounts: [{ username: flags.username, secret, role: 'consumer' }],
    clockSpeed: flags.clockSpeed,
    ...(flags.rowsPerSecond === undefined ? {} : { rowsPerSecond: flags.rowsPerSecond }),
    ...(flags.faults ? { badDays: { seed: flags.seed, maxPerDay: maxFaultsPerDay } } : {}),
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
  };
}

function flagsOf(options: unknown): z.output<typeof flagsSchema> {
  const parsed = flagsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => issue.message).join('; '));
}

async function main(): Promise<void> {
  const simulator = await startMixpanel(optionsOf(flagsOf(command.parse().opts())));
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    simulator.close().finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Started by a parent with a channel: when the parent is gone, so are we.
  process.on('disconnect', stop);
  process.stdout.write(`${JSON.stringify({ ready: true, url: simulator.url })}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`mixpanel-simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
});
