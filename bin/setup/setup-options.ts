import * as z from 'zod';
import { operatorOptions } from '../operator/operator-options.ts';
import { parseOptions } from '../option-problems.ts';

/** A field that holds an identity, and its namespace's code. */
export interface IdentityField {
  /** Below the tenant's namespace. @example 'distinct_id' */
  readonly field: string;
  readonly namespace: string;
}

const flag = z.boolean().default(false);
const { config, source, region, profile, json } = operatorOptions;

const identityRule = 'must be FIELD=NAMESPACE, as in distinct_id=MIXPANEL';

const setupOptionsSchema = z.strictObject({
  config,
  source,
  region,
  profile,
  json,
  dryRun: flag,
  yes: flag,
  grow: flag,
  /** What the names of all that is made begin with. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}$/, 'must be up to 80 letters, digits, blanks, ".", "_" and "-"')
    .optional(),
  identity: z
    .string()
    .regex(/^[A-Za-z0-9][\w-]*(\.[A-Za-z0-9][\w-]*)*=[A-Za-z0-9]+$/, identityRule)
    .transform((text): IdentityField => {
      const [field = '', namespace = ''] = text.split('=');
      return { field, namespace };
    })
    .optional(),
});

/** The options of `connector setup`, checked. */
export type SetupOptions = z.output<typeof setupOptionsSchema>;

/** @throws {ConfigError} with every option that is wrong. */
export function parseSetupOptions(options: unknown): SetupOptions {
  return parseOptions(setupOptionsSchema, options, what);
}

/** Begins every message about the command's options. */
export const what = 'reading the options of connector setup';
