import * as z from 'zod';
import { reasonOption } from '../operator/day-options.ts';
import { operatorOptions, refuseBesideData } from '../operator/operator-options.ts';
import { parseOptions } from '../option-problems.ts';

export const what = 'reading the options of connector forget';

/** Which datasets a record delete is asked for. */
export const workOrderScopes = ['all', 'dataset'] as const;

const forgetOptionsSchema = z
  .strictObject({
    ...operatorOptions,
    ids: z.string('must be a file').min(1, 'must be a file'),
    dryRun: z.boolean().default(false),
    workOrder: z
      .union([
        // Without a word behind it the option is `true`.
        z.literal(true).transform((): 'all' => 'all'),
        z.enum(workOrderScopes, 'must be all or dataset'),
      ])
      .optional(),
    reason: reasonOption,
  })
  .superRefine(refuseBesideData);
export type ForgetOptions = z.output<typeof forgetOptionsSchema>;

/** @throws {ConfigError} with every option that is wrong. */
export function parseForgetOptions(given: unknown): ForgetOptions {
  return parseOptions(forgetOptionsSchema, given, what);
}
