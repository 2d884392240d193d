import { credentialNoticeDays } from '../../functions/shared/mixpanel/credential-end.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import type { MixpanelLook } from '../../functions/shared/source-watch.ts';
import { type Difference, regionDifference, zoneDifference } from '../operator/project-differences.ts';
import { timeText } from './time-text.ts';

const dayMs = 86_400_000;

/** What is wrong with a set-up by what Mixpanel said when the plan function last asked it, though no window fails yet. */
export function findingsOf(
  settings: SourceSettings,
  look: MixpanelLook | null | undefined,
  nowMs: number,
): readonly Difference[] {
  if (look == null) return [];
  const differences = [
    endOf(look, nowMs),
    regionDifference(settings, look.domain),
    zoneDifference(settings, look.timezone, nowMs),
  ];
  const asked = `asked ${timeText(Date.parse(look.at))}`;
  return differences
    .filter((one) => one !== undefined)
    .map(({ what, remedy }) => ({ what: `${what} (${asked})`, remedy }));
}

/** The alarm `credentials-expiring` goes by the same days. */
function endOf({ account, endsAt }: MixpanelLook, nowMs: number): Difference | undefined {
  if (endsAt === null) return undefined;
  const leftMs = Date.parse(endsAt) - nowMs;
  if (leftMs > credentialNoticeDays * dayMs) return undefined;
  const day = endsAt.slice(0, 10);
  return {
    what:
      leftMs <= 0
        ? `the Mixpanel credential ended on ${day}: ${account}`
        : `the Mixpanel credential ends in ${Math.floor(leftMs / dayMs)} days, on ${day}: ${account}`,
    remedy: 'make a new service account in the organisation settings and put it into the secret',
  };
}
