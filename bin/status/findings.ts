import { credentialNoticeDays } from '../../functions/shared/mixpanel/credential-end.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import type { MixpanelLook } from '../../functions/shared/source-watch.ts';
import { type Difference, regionDifference, zoneDifference } from '../operator/project-differences.ts';

const dayMs = 86_400_000;

/** What is wrong with a set-up by what Mixpanel said when it was last asked. */
export interface Finding {
  readonly kind: 'login' | 'region' | 'timezone';
  readonly what: string;
  readonly remedy: string;
  /** What the configuration should say; of a login, the day on which it ends. */
  readonly value: string;
  /** When Mixpanel was asked: ISO 8601. */
  readonly at: string;
}

/** What is wrong with a set-up by what Mixpanel said when the plan function last asked it, though no window fails yet. */
export function findingsOf(
  settings: SourceSettings,
  look: MixpanelLook | null | undefined,
  nowMs: number,
): readonly Finding[] {
  if (look == null) return [];
  const found = (kind: Finding['kind'], difference: Difference | undefined): Finding[] =>
    difference === undefined ? [] : [{ kind, ...difference, at: look.at }];
  return [
    ...found('login', endOf(look, nowMs)),
    ...found('region', regionDifference(settings, look.domain)),
    ...found('timezone', zoneDifference(settings, look.timezone, nowMs)),
  ];
}

/** The alarm `credentials-expiring` goes by the same days. */
function endOf({ account, endsAt }: MixpanelLook, nowMs: number): Difference | undefined {
  if (endsAt === null) return undefined;
  const leftMs = Date.parse(endsAt) - nowMs;
  if (leftMs > credentialNoticeDays * dayMs) return undefined;
  const value = endsAt.slice(0, 10);
  const days = Math.floor(leftMs / dayMs);
  return {
    value,
    what:
      leftMs <= 0
        ? `the Mixpanel login ended on ${value}: ${account}`
        : `the Mixpanel login ends on ${value}, in ${days} ${days === 1 ? 'day' : 'days'}: ${account}`,
    remedy: "make a new service account in Mixpanel's organization settings and put it into the secret",
  };
}
