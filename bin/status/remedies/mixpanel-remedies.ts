import { timestampsKey } from '../../../functions/shared/object-keys.ts';
import {
  configured,
  deployStep,
  divided,
  type Failure,
  fillSecret,
  mixpanelSecretForm,
  passing,
  type Remedies,
  type Remedy,
  type RemedyContext,
  setting,
} from './remedy.ts';

const nothingKept = 'Nothing of an answer that is not whole is delivered or kept.';
const askMixpanel = 'ask Mixpanel support, with the details below.';

/** By the codes of failures that are Mixpanel's, or lie between it and the configuration. */
export const mixpanelRemedies: Remedies = {
  mixpanel_auth: refusedLogin,
  mixpanel_plan: () => ({
    what: "Mixpanel says that the project's plan does not include exports.",
    mend: ["Ask Mixpanel, or whoever owns the contract, to allow the project's raw data export."],
    again: 'redrive',
    lasting: true,
  }),
  mixpanel_refused: (_, context) =>
    configured('Mixpanel does not take the request: it finds something wrong with what is asked for.', [
      'Read in the details below, after "HTTP", what Mixpanel says is wrong.',
      `If it is about events or a filter: correct ${setting(context, 'mixpanel', 'events')}, or "where" beside it.\nIf it is about anything else: ask Mixpanel support, with the details.`,
    ]),
  mixpanel_redirect: (_, context) =>
    configured(
      "Mixpanel's host sends the request to another place, which is not followed: the login would travel there.",
      [`Correct ${setting(context, 'mixpanel', 'baseUrl')}, or take it out, to use Mixpanel's own host.`],
    ),
  window_in_future: (_, context) =>
    configured(
      "For Mixpanel this day has not begun yet, so that the project's time zone is probably another one.",
      [
        'In Mixpanel, open the project settings and read the time zone.',
        `Set ${setting(context, 'mixpanel', 'timezone')} to it (now "${context.settings.mixpanel.timezone}").`,
      ],
    ),
  timestamps_unknown: unknownTimes,
  timestamps_mixed: unknownTimes,
  timestamps_unusable: (_, { bucket, settings }) => ({
    what: 'The record of how the Mixpanel project stores time was changed by hand into something that makes no sense.',
    mend: [
      `Delete the record; the next export measures it anew:\naws s3 rm s3://${bucket}/${timestampsKey(settings.id)}`,
    ],
    again: 'redrive',
    lasting: true,
  }),
  export_incomplete: () =>
    passing(
      'Mixpanel did not send the whole day: its answer broke off before the end.',
      [nothingKept, 'This usually passes by itself, and other days may well come through.'],
      askMixpanel,
    ),
  mixpanel_unavailable: () =>
    silent('Mixpanel answered each time that it can not answer now (an error of its own).'),
  mixpanel_timeout: () => silent('Mixpanel gave up each time before its answer was ready.'),
  mixpanel_unreachable: () => silent('Mixpanel could not be reached: no answer came.'),
  rate_limited: () =>
    passing(
      'Mixpanel refused each try because too many exports were asked for at that time.',
      ['All programs that export from the project share 60 queries an hour.'],
      'find out who else exports from the project.',
    ),
  window_too_large: (_, context) => divided('The day has too many events for one source.', context),
  too_many_slices: () =>
    passing(
      'The day is so large, or Mixpanel so slow, that even its smallest pieces took too long.',
      ['What came of it so far is kept.'],
      askMixpanel,
    ),
  slice_not_filtered: otherSliceTime,
  slices_disagree: otherSliceTime,
};

function silent(what: string): Remedy {
  return passing(what, [nothingKept], askMixpanel);
}

function otherSliceTime(_: Failure, context: RemedyContext): Remedy {
  const other = context.settings.mixpanel.sliceTime === 'event' ? 'property' : 'event';
  return configured(
    'The day is so large that it is asked for in pieces, and Mixpanel does not cut it by time as it was asked to.',
    [`Set ${setting(context, 'mixpanel', 'sliceTime')} to "${other}".`],
    [nothingKept],
  );
}

/** The sentences of `explainRefusal`, which asked Mixpanel's regions when the login was refused. */
function refusedLogin({ reason }: Failure, context: RemedyContext): Remedy {
  const { secrets, settings } = context;
  const { projectId, region } = settings.mixpanel;
  const account = /service account "([^"]*)"/.exec(reason)?.[1];
  const login = account === undefined ? 'the login' : `the service account "${account}"`;
  const newSecret = fillSecret(secrets.mixpanel, mixpanelSecretForm);
  const [, home, wrong] = /the credential is good in (\w+) and not known in (\w+)/.exec(reason) ?? [];
  if (home !== undefined) return wrongRegion({ login, home, wrong }, context);
  const others = /may not open project \S+ but (.*?): correct mixpanel\.projectId/.exec(reason)?.[1];
  if (others !== undefined)
    return {
      what: `The Mixpanel login is right, but may not open the project ${projectId} (it may open: ${others}).`,
      mend: [
        `If ${projectId} is the right project: in Mixpanel, open its project settings and give ${login} access to it; no deploy is needed.\n` +
          `If another one is meant: set ${setting(context, 'mixpanel', 'projectId')} to it, then: npx cdk deploy`,
      ],
      again: 'redrive',
      lasting: true,
      changesConfig: true,
    };
  if (reason.includes('its role must allow to export'))
    return {
      what: 'The Mixpanel login is right, but its role in the project does not allow it to export.',
      mend: [
        `In Mixpanel, open the settings of project ${projectId} and give ${login} a role that may export (Consumer is enough). No deploy is needed.`,
      ],
      again: 'redrive',
      lasting: true,
    };
  const unclear = /gave no answer|must belong together/.test(reason);
  return {
    what: `Mixpanel does not accept ${login} in the secret ${secrets.mixpanel}: name or secret is mistyped, or it has ended or was deleted.`,
    notes: unclear
      ? [
          `Mixpanel did not tell whether another region, or another project than ${projectId}, would accept it.`,
        ]
      : [],
    mend: [
      ...(unclear
        ? [
            `See whether region ("${region}") and project (${projectId}) are right: ${context.command('doctor --no-query')}`,
          ]
        : []),
      `In Mixpanel, open the organization settings, "Service Accounts", and see whether it is there and has not ended.\nIf in doubt, make a new one with access to project ${projectId} (the role Consumer is enough), and copy its name and secret.`,
      newSecret,
    ],
    again: 'redrive',
    lasting: true,
  };
}

function wrongRegion(
  {
    login,
    home,
    wrong,
  }: { readonly login: string; readonly home: string; readonly wrong: string | undefined },
  context: RemedyContext,
): Remedy {
  return configured(
    `The wrong Mixpanel region is configured: Mixpanel knows ${login} in its region "${home}", and not in "${wrong}".`,
    [
      context.settings.mixpanel.region === home
        ? `${context.configFile} says "${home}" already; the next step does nothing if it was done.`
        : `Set ${setting(context, 'mixpanel', 'region')} to "${home}".`,
    ],
    ['The login itself is right; leave it as it is.'],
  );
}

/** Two ways out, told apart by one look into Mixpanel. */
function unknownTimes({ reason }: Failure, context: RemedyContext): Remedy {
  // As it was then: the configuration may have been corrected since.
  const timezone =
    /whether mixpanel\.timezone, (\S+), is right/.exec(reason)?.[1] ?? context.settings.mixpanel.timezone;
  const seen = /most seem stored in a zone at (UTC[+-]\d\d:\d\d), and \S+ was at (UTC[+-]\d\d:\d\d)/.exec(
    reason,
  );
  const mixed = reason.includes('contradict one another');
  return configured(
    seen === null
      ? `The times of the events ${mixed ? 'contradict one another' : 'do not tell what they mean'} in the configured time zone, ${timezone}.`
      : `The configured time zone, ${timezone}, is probably wrong: most events look as if stored at ${seen[1]}, and ${timezone} was at ${seen[2]}.`,
    [
      'In Mixpanel, open the project settings and read the time zone of the project.',
      `If it is another one than ${timezone}: set ${setting(context, 'mixpanel', 'timezone')} to it.\n` +
        `If it is ${timezone}: set ${setting(context, 'mixpanel', 'timestamps')} to "project" if the project was made before 2023, and to "utc" if later.`,
    ],
    ['Nothing is delivered, as the events would get wrong times.'],
  );
}

/** The step that a difference between Mixpanel and the configuration asks for: what to change, then the deploy. */
export function setTo(context: RemedyContext, key: 'region' | 'timezone', value: string): string[] {
  return [`Set ${setting(context, 'mixpanel', key)} to "${value}".`, deployStep];
}
