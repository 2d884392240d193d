import { ConfigError } from '../../functions/shared/errors.ts';
import { closest } from '../operator/closest.ts';
import type { DeadLetter } from '../operator/dead-letters.ts';

/**
 * Refuses codes that none of the dead letters has: most likely they are mistyped, and "none sent back" would hide it.
 *
 * @param letters one or more.
 * @throws {ConfigError}
 */
export function requireKnownCodes(
  codes: readonly string[] | undefined,
  letters: readonly DeadLetter[],
): void {
  const known = [...new Set(letters.map(({ code }) => code))].sort();
  const problems = (codes ?? [])
    .filter((code) => !known.includes(code))
    .map((code) => {
      const meant = closest(code, known);
      const hint = meant === undefined ? '' : `did you mean ${meant}? `;
      return `--code: found ${JSON.stringify(code)}; ${hint}there are dead letters of ${known.join(', ')}`;
    });
  if (problems.length > 0) throw new ConfigError('reading the options of connector redrive', problems);
}
