import * as z from 'zod';
import { volumeOptions } from '../estimate/volume-options.ts';
import { dayOption, reasonOption } from '../operator/day-options.ts';
import { operatorOptions, refuseBesideData } from '../operator/operator-options.ts';
import { parseOptions } from '../option-problems.ts';

/** An id, or `true` where the option stands alone. */
const id = z.union([z.literal(true), z.string().min(1)]).optional();

const backfillOptionsSchema = z
  .strictObject({
    ...operatorOptions,
    ...volumeOptions,
    from: dayOption.optional(),
    to: dayOption.optional(),
    reload: z.boolean().default(false),
    reason: reasonOption,
    dryRun: z.boolean().default(false),
    pause: id,
    resume: id,
    cancel: id,
  })
  .superRefine(refuseBesideData)
  .superRefine((value, context) => {
    const refuse = (option: string, message: string) =>
      context.addIssue({
        code: 'custom',
        path: [option],
        input: value[option as keyof typeof value],
        message,
      });
    const { from, to } = value;
    if (from !== undefined && to === undefined) refuse('to', 'must be the last day of the range');
    if (from !== undefined && to !== undefined && from > to) refuse('from', `must not be after ${to}`);
    const acts = switches.filter((option) => value[option] !== undefined);
    for (const option of acts.slice(1)) refuse(option, `contradicts --${acts[0]}; give one of them`);
    if (from !== undefined && acts[0] !== undefined) refuse(acts[0], 'takes no range');
    if (from === undefined && value.dryRun)
      refuse('dryRun', 'needs a range: connector backfill FROM TO --dry-run');
  });

export const switches = ['pause', 'resume', 'cancel'] as const;

/** The options of `connector backfill`, checked. */
export type BackfillOptions = z.output<typeof backfillOptionsSchema>;

/** @throws {ConfigError} with every option that is wrong, and those that contradict one another. */
export function parseBackfillOptions(given: unknown): BackfillOptions {
  return parseOptions(backfillOptionsSchema, given, 'reading the options of connector backfill');
}
