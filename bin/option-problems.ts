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

/** What stands without a name on the command line; help shows it in the same brackets. No option has such a name. */
const operands: ReadonlySet<string> = new Set(['date', 'dates', 'from', 'to']);

/** @example asOption('awsPort: …') === '--aws-port: …', asOption('dates[0]: …') === '<date>: …' */
function asOption(problem: string): string {
  return problem.replace(/^([a-zA-Z]+)(\[\d+\])?(?=:)/, (found, name: string) => {
    if (operands.has(name)) return `<${name.replace(/s$/, '')}>`;
    return `--${found.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  });
}
