import * as z from 'zod';
import { resolveTimeZone } from '../../functions/shared/time-zone.ts';
import { parseOptions } from '../option-problems.ts';

const flag = z.boolean().default(false);
const file = z.string().min(1, 'must be a file');

const previewOptionsSchema = z
  .strictObject({
    mapping: file,
    /** `-` is standard input. */
    input: file.default('-'),
    schema: file.optional(),
    raw: flag,
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
    if (!value.raw) return;
    for (const option of ['timestamps', 'timezone'] as const) {
      if (value[option] === undefined) continue;
      const message = 'belongs to Mixpanel lines; leave it out with --raw';
      context.addIssue({ code: 'custom', path: [option], input: value[option], message });
    }
  });

/** The options of `connector preview`, checked. */
export type PreviewOptions = z.output<typeof previewOptionsSchema>;

/** @throws {ConfigError} with every option that is wrong, and those that contradict one another. */
export function parsePreviewOptions(options: unknown): PreviewOptions {
  return parseOptions(previewOptionsSchema, options, what);
}

/** Begins every message about the command's options. */
export const what = 'reading the options of connector preview';
