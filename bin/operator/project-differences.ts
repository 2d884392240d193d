import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { resolveTimeZone } from '../../functions/shared/time-zone.ts';
import { haveSameClocks } from './same-clocks.ts';

/** What the configuration says otherwise than Mixpanel, and what to do about it. */
export interface Difference {
  readonly what: string;
  readonly remedy: string;
  /** What the configuration should say. */
  readonly value: string;
}

const regionOfDomain: Readonly<Record<string, SourceSettings['mixpanel']['region']>> = {
  '': 'us',
  'mixpanel.com': 'us',
  'eu.mixpanel.com': 'eu',
  'in.mixpanel.com': 'in',
};

/** The region of a project, by the host that Mixpanel names; undefined where it names none that is known here. */
export function regionOf(
  domain: string | null | undefined,
): SourceSettings['mixpanel']['region'] | undefined {
  return domain == null ? undefined : regionOfDomain[domain];
}

/** Undefined where the project's region is the configured one, or is not known. */
export function regionDifference(
  { mixpanel }: SourceSettings,
  domain: string | null | undefined,
): Difference | undefined {
  const found = regionOf(domain);
  if (found === undefined || found === mixpanel.region) return undefined;
  return {
    what: `the project is in ${found}, and not in ${mixpanel.region}`,
    remedy: `set mixpanel.region to "${found}" and deploy`,
    value: found,
  };
}

/** Undefined where the project's zone has the configured one's clocks, or is not known. */
export function zoneDifference(
  { mixpanel }: SourceSettings,
  timezone: string | null | undefined,
  nowMs: number,
): Difference | undefined {
  if (timezone == null) return undefined;
  const theirs = resolveTimeZone(timezone);
  if (theirs === undefined || theirs === mixpanel.timezone) return undefined;
  if (haveSameClocks(theirs, mixpanel.timezone, nowMs)) return undefined;
  return {
    what: `Mixpanel says ${timezone}, and the configuration ${mixpanel.timezone}`,
    remedy: `set mixpanel.timezone to "${timezone}" and deploy; windows exported with the wrong one have to be backfilled`,
    value: timezone,
  };
}
