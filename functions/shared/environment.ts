import * as z from 'zod';
import { parseWith } from './parse.ts';
import { type SourceSettings, sourceSchema } from './source-settings.ts';

const required = z.string('must be set').min(1, 'must be set');

/** The variables that every function gets; each function's `env.ts` adds its own. */
export const commonEnvironment = {
  STACK_NAME: required,
  /** The source's settings as JSON, every default filled in at synth. */
  SOURCE: required.transform((text, context): SourceSettings => {
    const result = sourceSchema.safeParse(parseJson(text));
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      context.addIssue({
        code: 'custom',
        input: text,
        message: `SOURCE.${issue.path.join('.')}: ${issue.message}`,
      });
    }
    return z.NEVER;
  }),
  BUCKET_NAME: required,
};

export const queueUrl = z.url('must be a queue URL');
export const secretId = required;
export const positiveCount = z
  .string('must be set')
  .regex(/^[1-9]\d*$/, 'must be a positive whole number')
  .transform(Number);

export const wholeCount = z
  .string('must be set')
  .regex(/^(0|[1-9]\d*)$/, 'must be a whole number')
  .transform(Number);

/** Reads a function's environment once, on its first call. @throws {ConfigError} naming each variable. */
export function readEnvironment<Schema extends z.ZodType>(schema: Schema): z.output<Schema> {
  return parseWith(schema, process.env, 'reading the function environment', { hideValues: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
