import { splitTries } from '../../../functions/shared/tries-text.ts';
import { mixpanelRemedies } from './mixpanel-remedies.ts';
import { otherRemedy, ownRemedies } from './own-remedies.ts';
import { platformRemedies } from './platform-remedies.ts';
import type { Failure, Remedies, Remedy, RemedyContext } from './remedy.ts';

/** What to do about each code that a dead letter can have. Other codes are passing faults of AWS or our own. */
export const remedies: Remedies = { ...mixpanelRemedies, ...platformRemedies, ...ownRemedies };

/** What a failure means and what to do; never throws, whatever the code. */
export function findRemedy(failure: Failure, context: RemedyContext): Remedy {
  const { code } = failure;
  const known = code !== undefined && Object.hasOwn(remedies, code) ? remedies[code] : undefined;
  // How often it was tried is told elsewhere.
  return (known ?? otherRemedy)({ ...failure, reason: splitTries(failure.reason).words }, context);
}
