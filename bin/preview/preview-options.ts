import * as z from 'zod';
import { resolveTimeZone } from '../../functions/shared/time-zone.ts';
import { parseOptions } from '../option-problems.ts';

const flag = z.boolean().default(false);
const file = z.string().min(1, 'must be a file');

/** A run in an archive; the newest complete one of the window where none is named. */
export interface RunChoice {
  readonly source: string;
  readonly date: string;
  readonly run?: string | undefined;
}

const runName = /^([a-z][a-z0-9-]{0,30})\/(\d{4}-\d{2}-\d{2})(?:\/([A-Za-z0-9-]+))?$/;
const run = z
  .string()
  .regex(runName, 'must be source/date or source/date/run, such as shop/2026-03-08')
  .transform((text): RunChoice => {
    const [, source = '', date = '', id] = runName.exec(text) ?? [];
    return { source, date, run: id };
  });

const previewOptionsSchema = z
  .strictObject({
    mapping: file,
    /** `-` is standard input. @default standard input, where no run is named */
    input: file.optional(),
    run: run.optional(),
    data: z.string().min(1, 'must be a folder').optional(),
    bucket: z.string().min(1, 'must be the name of a bucket').optional(),
    region: z.string().min(1, 'must be an AWS region').optional(),
    profile: z.string().min(1, 'must be a profile of the AWS command line').optional(),
    schema: file.optional(),
    raw: flag,
    strict: flag,
    json: flag,
    check: flag,
    config: file.optional(),
    source: z.string().min(1, 'must be the id of a source').optional(),
    tenant: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, "must be the tenant's name without the leading underscore")
      .optional(),
    timestamps: z.enum(['utc', 'project'], 'must be utc or project').optional(),
    timezone: z
      .string()
      .refine((name) => resolveTimeZone(name) !== undefined, 'must be a time zone: Europe/Madrid, US/Pacific')
      .optional(),
  })
  .superRefine((value, context) => {
    const refuse = (option: keyof typeof value, message: string) => {
      if (value[option] === undefined || value[option] === false) return;
      context.addIssue({ code: 'custom', path: [option], input: value[option], message });
    };
    if (value.raw) {
      for (const option of ['timestamps', 'timezone'] as const)
        refuse(option, 'belongs to Mixpanel lines; leave it out with --raw');
    }
    if (value.bucket === undefined) {
      for (const option of ['region', 'profile'] as const)
        refuse(option, 'belongs to --bucket; leave it out');
    }
    if (value.run === undefined) {
      for (const option of ['data', 'bucket'] as const)
        refuse(option, 'belongs to a stored run; name it with --run');
      return;
    }
    for (const option of ['input', 'raw', 'timestamps', 'timezone'] as const)
      refuse(option, 'a stored run says that itself; leave it out with --run');
    if (value.data !== undefined) refuse('bucket', 'must be left out with --data');
    else if (value.bucket === undefined)
      refuse('run', 'needs --data DIR or --bucket NAME, where the run lies');
  });

/** The options of `connector preview`, checked. */
export type PreviewOptions = z.output<typeof previewOptionsSchema>;

/** @throws {ConfigError} with every option that is wrong, and those that contradict one another. */
export function parsePreviewOptions(options: unknown): PreviewOptions {
  return parseOptions(previewOptionsSchema, options, what);
}

/** Begins every message about the command's options. */
export const what = 'reading the options of connector preview';
