import type * as z from 'zod';
import { ConfigError } from '../functions/shared/errors.ts';
import { parseWith } from '../functions/shared/parse.ts';

/**
 * Checks a command's options as the command line gives them.
 *
 * @throws {ConfigError} with every option that is wrong, named as the user writes it.
 */
export function parseOptions<Schema extends z.ZodType>(
  schema: Schema,
  options: unknown,
  what: string,
): z.output<Schema> {
  try {
    return parseWith(schema, options, what);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(what, error.problems.map(asOption));
  }
}

/** @example asOption('awsPort: …') === '--aws-port: …' */
function asOption(problem: string): string {
  return problem.replace(
    /^[a-zA-Z]+(?=:)/,
    (name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  );
}
