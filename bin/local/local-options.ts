import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { resolveTimeZone } from '../../functions/shared/time-zone.ts';
import { parseOptions } from '../option-problems.ts';

const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((number) => number >= min && number <= max, message);
};
const flag = z.boolean().default(false);
const port = whole(1, 65_535).optional();

/** What makes the simulated world: kept in the data directory, so that a second call goes on in the same one. */
const workOptions = {
  days: whole(1, 31).optional(),
  events: whole(0, 1_000_000_000).optional(),
  seed: whole(0, 2 ** 31 - 1).optional(),
  faults: z.boolean().optional(),
  duplicates: z
    .string()
    .regex(/^(0(\.\d+)?|1)$/, 'must be a share from 0 to 1')
    .transform(Number)
    .optional(),
  timezone: z
    .string()
    .refine((name) => resolveTimeZone(name) !== undefined, 'must be a time zone: Europe/Madrid, US/Pacific')
    .optional(),
  legacy: z.boolean().optional(),
};

/** The command's options as the command line gives them. */
export const localOptionsSchema = z.strictObject({
  ...workOptions,
  data: z.string().min(1, 'must be a folder').optional(),
  config: z.string().min(1, 'must be a file').optional(),
  mapping: z.string().min(1, 'must be a file').optional(),
  streaming: flag,
  mixpanel: flag,
  platform: flag,
  json: flag,
  exportSpeed: whole(1, 1_000_000).optional(),
  // Less would leave nothing beside what a function keeps for settling its message.
  functionTimeout: whole(22, 900).optional(),
  timeout: whole(1, 24 * 60).default(30),
  awsPort: port,
  mixpanelPort: port,
  platformPort: port,
});
export type LocalOptions = z.output<typeof localOptionsSchema>;

/** @throws {ConfigError} with every option that is wrong, and those that contradict one another. */
export function parseLocalOptions(options: unknown): LocalOptions {
  const schema = localOptionsSchema.superRefine((value, context) => {
    const refuse = (option: string, message: string) =>
      context.addIssue({ code: 'custom', path: [option], input: undefined, message });
    if (value.streaming && value.platform) {
      refuse(
        'streaming',
        'belongs to the simulator; with --platform the configuration decides (platform.delivery)',
      );
    }
    for (const vendor of ['mixpanel', 'platform'] as const) {
      if (value[vendor] && value.config === undefined) {
        refuse('config', `must name the configuration that --${vendor} is to use`);
      }
    }
    if (value.mixpanel) {
      for (const option of simulatorOnly) {
        if (value[option] !== undefined)
          refuse(option, 'belongs to the simulator; leave it out with --mixpanel');
      }
    }
  });
  return parseOptions(schema, options, what);
}

const what = 'reading the options of connector local';

const simulatorOnly = ['events', 'exportSpeed', 'duplicates', 'timezone', 'legacy', 'mixpanelPort'] as const;

/** The simulated world, every choice made. */
export interface LocalWork {
  readonly days: number | undefined;
  readonly events: number;
  readonly seed: number;
  readonly faults: boolean;
  readonly duplicates: number;
  readonly timezone: string | undefined;
  readonly legacy: boolean;
}

/** With three days, about half a minute on two cores. */
const defaultEvents = 40_000;
const defaultDays = 3;

const keptSchema = z.object({
  work: z.object({
    days: z.number().optional(),
    events: z.number(),
    seed: z.number(),
    faults: z.boolean(),
    duplicates: z.number(),
    timezone: z.string().optional(),
    legacy: z.boolean(),
  }),
  /** The windows last planned by an invocation that ended, by source, while not all of them are finished. */
  unfinished: z.record(z.string(), z.array(z.string())).nullable(),
});
/** What a data directory remembers of the calls that used it. */
export type KeptState = z.output<typeof keptSchema>;

/** @returns undefined for a data directory that is new. */
export function readKept(dataDir: string): KeptState | undefined {
  try {
    return keptSchema.parse(JSON.parse(readFileSync(join(dataDir, 'local.json'), 'utf8')));
  } catch {
    // Nothing durable is in it: without it, a call plans anew what is due, which is always right.
    return undefined;
  }
}

export function writeKept(dataDir: string, kept: KeptState): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, 'local.json'), `${JSON.stringify(kept, null, 1)}\n`);
}

/** What this call asks for, then what the data directory was begun with, then the defaults. */
export function chooseWork(options: LocalOptions, kept: KeptState | undefined): LocalWork {
  const before = kept?.work;
  // With a configuration, its own look-back decides unless the call says otherwise.
  const days = options.days ?? before?.days ?? (options.config === undefined ? defaultDays : undefined);
  return {
    days,
    events: options.events ?? before?.events ?? defaultEvents,
    seed: options.seed ?? before?.seed ?? 1,
    faults: options.faults ?? false,
    duplicates: options.duplicates ?? before?.duplicates ?? 0,
    timezone: options.timezone ?? before?.timezone,
    legacy: options.legacy ?? before?.legacy ?? false,
  };
}
