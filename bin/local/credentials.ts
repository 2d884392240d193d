import { randomBytes } from 'node:crypto';
import { ConfigError } from '../../functions/shared/errors.ts';
import { simulated } from './local-config.ts';
import type { LocalOptions } from './local-options.ts';

/** What goes into the sources' secrets; the simulators are started with the same. */
export interface LocalCredentials {
  readonly mixpanel: Readonly<Record<string, string>>;
  readonly platform: Readonly<Record<string, string>>;
}

/** The forms of a Mixpanel credential, by the variables that give them. */
const mixpanelForms = [
  { username: 'MIXPANEL_USERNAME', secret: 'MIXPANEL_SECRET' },
  { bearerToken: 'MIXPANEL_BEARER_TOKEN' },
  { projectSecret: 'MIXPANEL_PROJECT_SECRET' },
] as const;
/** The variables that give a Platform credential. */
export const platformForm = {
  clientId: 'PLATFORM_CLIENT_ID',
  clientSecret: 'PLATFORM_CLIENT_SECRET',
} as const;

/**
 * Credentials of the real vendors come from the environment, so that they show in no list of processes and no
 * shell history; those of the simulators are made anew for each start.
 *
 * @throws {ConfigError} naming the variables that are missing.
 */
export function chooseCredentials(options: LocalOptions, variables: NodeJS.ProcessEnv): LocalCredentials {
  const problems: string[] = [];
  const fill = (form: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(form).map(([field, name]) => [field, variables[name] ?? '']));
  const isFilled = (form: Readonly<Record<string, string>>) =>
    Object.values(form).every((name) => (variables[name] ?? '') !== '');

  const given = mixpanelForms.find(isFilled);
  if (options.mixpanel && given === undefined) {
    problems.push(
      'for --mixpanel, set MIXPANEL_USERNAME and MIXPANEL_SECRET, or MIXPANEL_BEARER_TOKEN, or MIXPANEL_PROJECT_SECRET',
    );
  }
  if (options.platform) {
    const missing = Object.values(platformForm).filter((name) => (variables[name] ?? '') === '');
    if (missing.length > 0) problems.push(`for --platform, set ${missing.join(' and ')}`);
  }
  if (problems.length > 0) throw new ConfigError('reading the credentials from the environment', problems);
  const made = () => randomBytes(16).toString('hex');
  return {
    mixpanel: options.mixpanel ? fill(given ?? {}) : { username: simulated.username, secret: made() },
    platform: options.platform ? fill(platformForm) : { clientId: simulated.clientId, clientSecret: made() },
  };
}
