import * as z from 'zod';
import { operatorOptions } from '../operator/operator-options.ts';
import { parseOptions } from '../option-problems.ts';

/** A field that holds an identity, and its namespace's code. */
export interface IdentityField {
  /** Below the tenant's namespace. @example 'distinct_id' */
  readonly field: string;
  readonly namespace: string;
}

/** A property that is to have a field of its own. */
export interface PropertyChoice {
  readonly name: string;
  /** Below `_<tenant>.mixpanel`; made from the name where it is left out. */
  readonly field?: string;
}

const flag = z.boolean().default(false);
const { config, source, region, profile, outputs, json } = operatorOptions;

const identityRule = 'must be FIELD=NAMESPACE, as in distinct_id=MIXPANEL';

const setupOptionsSchema = z
  .strictObject({
    config,
    source,
    region,
    profile,
    outputs,
    json,
    dryRun: flag,
    yes: flag,
    grow: flag,
    /** What the names of all that is made begin with. */
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,79}$/,
        'must be up to 80 letters, digits, blanks, ".", "_" and "-"',
      )
      .optional(),
    identity: z
      .string()
      .regex(/^[A-Za-z0-9][\w-]*(\.[A-Za-z0-9][\w-]*)*=[A-Za-z0-9]+$/, identityRule)
      .transform((text): IdentityField => {
        const [field = '', namespace = ''] = text.split('=');
        return { field, namespace };
      })
      .optional(),
    property: z
      .array(z.string().min(1, 'must be the name of a property').transform(propertyChoice))
      .default([]),
  })
  .superRefine(({ property, grow }, context) => {
    if (property.length === 0 || grow) return;
    const [first] = property;
    const message = 'adds to the schema, so it needs --grow';
    context.addIssue({ code: 'custom', path: ['property'], input: first?.name, message });
  });

/** The last `=` parts name and field; where no field's name follows it, it belongs to the property's name. */
function propertyChoice(text: string): PropertyChoice {
  const [, name, field] = /^(.+)=([A-Za-z0-9][A-Za-z0-9_-]*)$/.exec(text) ?? [];
  return name === undefined || field === undefined ? { name: text } : { name, field };
}

/** The options of `connector setup`, checked. */
export type SetupOptions = z.output<typeof setupOptionsSchema>;

/** @throws {ConfigError} with every option that is wrong. */
export function parseSetupOptions(options: unknown): SetupOptions {
  return parseOptions(setupOptionsSchema, options, what);
}

/** Begins every message about the command's options. */
export const what = 'reading the options of connector setup';
