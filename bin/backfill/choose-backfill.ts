import { type Backfill, isOpen } from '../../functions/shared/backfill.ts';
import { ConfigError } from '../../functions/shared/errors.ts';
import { closest } from '../operator/closest.ts';

/**
 * The backfill that is meant: by its id, by the beginning of its id, or, without one, the only one that has not ended.
 *
 * @param option as messages name it: `--pause`.
 * @throws {ConfigError} naming those that could be meant.
 */
export function chooseBackfill(
  backfills: readonly Backfill[],
  option: string,
  named: string | undefined,
): Backfill {
  const open = backfills.filter(isOpen);
  const matching = named === undefined ? open : backfills.filter(({ request }) => request.startsWith(named));
  const exact = backfills.filter(({ request }) => request === named);
  const [only, ...others] = exact.length > 0 ? exact : matching;
  if (only !== undefined && others.length === 0) {
    if (open.includes(only)) return only;
    const problem = `${option}: backfill ${only.request} is ${only.state}; ask for what is left by a new one`;
    throw new ConfigError('reading the options of connector backfill', [problem]);
  }
  const ids = (only === undefined ? open : [only, ...others]).map(({ request }) => request);
  const found = named === undefined ? 'no id' : JSON.stringify(named);
  const meant = named === undefined ? undefined : closest(named, ids);
  throw new ConfigError('reading the options of connector backfill', [
    `${option}: found ${found}; ${meant === undefined ? '' : `did you mean ${meant}? `}${ids.length === 0 ? 'no backfill is under way' : `must be one of ${ids.join(', ')}`}`,
  ]);
}
