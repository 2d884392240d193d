import type { SourceSettings } from '../../../functions/shared/source-settings.ts';

/** What the texts of a remedy are filled with. */
export interface RemedyContext {
  readonly settings: SourceSettings;
  /** Names of the source's secrets in AWS Secrets Manager. */
  readonly secrets: { readonly mixpanel: string; readonly platform: string };
  readonly bucket: string;
  /** The configuration and the mapping set, as a person would name the files. */
  readonly configFile: string;
  readonly mappingFile: string;
  /** @example command('redrive --all') === 'connector redrive --all --source shop --config my.json' */
  readonly command: (text: string) => string;
}

/** What is known of work that failed. */
export interface Failure {
  /** Undefined where no dead letter tells it any more. */
  readonly code: string | undefined;
  /** In the words of whoever gave it up, on one line. */
  readonly reason: string;
  /** Of a message that was given up: what it says. */
  readonly body: string | undefined;
}

/**
 * What tries again once the cause is mended. `drop`: nothing does; the message can only be taken away. `wait`: the
 * connector does so by itself.
 */
export type Again = 'redrive' | 'replay' | 'reload' | 'drop' | 'wait';

/** What a failure means, and what to do about it, for a person who knows neither the code nor AWS well. */
export interface Remedy {
  /** What is wrong: one plain sentence. */
  readonly what: string;
  /** More plain sentences, each on a line. */
  readonly notes?: readonly string[];
  /** What to do, in order, before the work is tried again. A step of several lines: alternatives, or a command. */
  readonly mend: readonly string[];
  readonly again: Again;
  /** What to do after that, such as if it fails again. */
  readonly after?: string;
  /** Whether other days fail in the same way until this is mended. */
  readonly lasting: boolean;
  /** Whether the mend changes the configuration: a run in slices keeps the one that it began with. */
  readonly changesConfig?: boolean;
}

export type RemedyOf = (failure: Failure, context: RemedyContext) => Remedy;
export type Remedies = Readonly<Record<string, RemedyOf>>;

export const deployStep = 'Deploy the change: npx cdk deploy';

/** @example setting(context, 'mixpanel', 'region') === '"region" under "mixpanel" of the source "shop" in connector.config.json' */
export function setting({ configFile, settings }: RemedyContext, group: string, key: string): string {
  return `"${key}" under "${group}" of the source "${settings.id}" in ${configFile}`;
}

/** How a secret is filled. Its value is never shown, and is typed into no command: shells remember those. */
export function fillSecret(secret: string, form: string): string {
  return (
    `Write it into a file secret.json as ${form}, and put that into the secret ${secret} in AWS Secrets Manager (no deploy is needed). Then delete the file.\n` +
    `aws secretsmanager put-secret-value --secret-id ${secret} --secret-string file://secret.json`
  );
}

export const mixpanelSecretForm = '{"username":"…","secret":"…"}';
export const platformSecretForm = '{"clientId":"…","clientSecret":"…"}';

/** What is wrong passes, or nobody knows better than to try again. */
export function passing(what: string, notes: readonly string[], after: string): Remedy {
  return {
    what,
    notes: [...notes, 'Nothing has to be mended on this side.'],
    mend: [],
    again: 'redrive',
    after: `If it fails again: ${after}`,
    lasting: false,
  };
}

/** A change in the configuration. */
export function configured(what: string, steps: readonly string[], notes: readonly string[] = []): Remedy {
  const mend = [...steps, deployStep];
  return { what, notes, mend, again: 'redrive', lasting: true, changesConfig: true };
}

/** A day that is too large for one source. What is stored of it, and what was begun, has all of its events. */
export function divided(what: string, context: RemedyContext): Remedy {
  return {
    ...configured(what, [
      `Divide the project into several sources, each with some of the events: ${setting(context, 'mixpanel', 'events')}.`,
    ]),
    again: 'replay',
    after:
      'Ask each of the new sources for the same days: the same replay, with its own name after --source.',
  };
}
