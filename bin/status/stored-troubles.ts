import {
  backfillPrefix,
  deliveryBudgetKey,
  ledgerPrefix,
  queryBudgetKey,
  reconciliationKey,
  sourceWatchKey,
  timestampsKey,
} from '../../functions/shared/object-keys.ts';
import { sandboxOf } from '../../functions/shared/platform/guardrails.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import type { Unreadable } from '../../functions/shared/unreadable.ts';
import { inLine, onOneLine } from '../operator/printable.ts';
import { findRemedy } from './remedies/find-remedy.ts';
import type { RemedyContext } from './remedies/remedy.ts';
import type { Trouble } from './troubles.ts';

/** What is shown in the place of what could not be read; the trouble tells the rest. */
export const notReadable = "can't be read";

/** An object in the archive that can't be read, with what a dead letter that names it would have somebody do. */
export function storedTrouble({ key, code, problem }: Unreadable, context: RemedyContext): Trouble {
  const { what, notes = [], mend } = findRemedy({ code, reason: problem, body: undefined }, context);
  return {
    kind: 'stored',
    ...{ code: undefined, days: [], count: 1, more: undefined },
    what,
    facts: [`It is ${inLine(key)}.`, ...costOf(key, context.settings), ...notes],
    steps: mend,
    details: onOneLine(problem),
  };
}

/** What waits for the object, or is not known without it; nothing for what belongs to one run alone. */
function costOf(key: string, settings: SourceSettings): string[] {
  const costs: readonly (readonly [begin: string, cost: string])[] = [
    [ledgerPrefix(settings.id), 'Until it can be read, nothing is exported or delivered for that day.'],
    [
      backfillPrefix(settings.id),
      'The days of that backfill that are left wait for it; the daily ones do not.',
    ],
    [timestampsKey(settings.id), 'Until it can be read, nothing of the source is exported.'],
    [
      sourceWatchKey(settings.id),
      'Until it can be read, the hourly look at the source fails, and when its Mixpanel login ends is not known here.',
    ],
    [
      reconciliationKey(settings.id),
      'Until it can be read, what Platform was last found to hold is not known here.',
    ],
    [
      queryBudgetKey(settings.mixpanel.projectId),
      'Until it can be read, no source of this Mixpanel project is exported.',
    ],
    [
      deliveryBudgetKey(sandboxOf(settings)),
      'Until it can be read, no source of this sandbox delivers a batch.',
    ],
  ];
  return costs.flatMap(([begin, cost]) => (key.startsWith(begin) ? [cost] : []));
}
