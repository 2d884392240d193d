import { ConfigError } from '../../functions/shared/errors.ts';
import type { Operator, OperatorSource } from './open-operator.ts';

/** The source that a command works on, where it can only be one. @throws {ConfigError} when several could be meant. */
export function oneSource({ sources }: Operator): OperatorSource {
  const [only, ...others] = sources;
  if (only !== undefined && others.length === 0) return only;
  throw new ConfigError('reading the options', [
    `--source: found nothing; must be one of ${sources.map(({ settings }) => settings.id).join(', ')}`,
  ]);
}
