import { phaseOf } from '../../../functions/shared/platform/batches.ts';
import {
  configured,
  deployStep,
  divided,
  type Failure,
  fillSecret,
  passing,
  platformSecretForm,
  type Remedies,
  type Remedy,
  type RemedyContext,
  setting,
} from './remedy.ts';

const kept = 'What Mixpanel sent is kept, and is not asked for again.';
const askAdobe = 'ask Adobe support, with the details below.';

/** By the codes of failures that are Platform's, or lie between it, the mapping and the configuration. */
export const platformRemedies: Remedies = {
  platform_auth: refusedLogin,
  platform_refused: refusedRequest,
  platform_unavailable: () =>
    silent('Adobe Experience Platform answered each time that it can not answer now.'),
  ims_unavailable: () => silent("Adobe's login service answered each time that it can not answer now."),
  inlet_unclear: () => silent("The streaming inlet's answer did not tell what became of the rows."),
  inlet_busy: () => silent('The streaming inlet did not take all rows, however often they were sent.'),
  inlet_refuses: (_, context) => ({
    what: 'Adobe Experience Platform refuses rows that are streamed: they do not fit the schema.',
    notes: [kept],
    mend: [
      'Read in the details below what Platform refuses.',
      `Mend the mapping (${context.mappingFile}), or add what is missing to the schema: ${context.command('setup --grow')}`,
      deployStep,
    ],
    again: 'redrive',
    lasting: true,
  }),
  inlet_invalid: noInlet,
  inlet_missing: noInlet,
  batch_failed: failedBatch,
  delivery_failed: () => ({
    what: 'The delivery of the day was given up meanwhile, for the reason in the details below.',
    notes: [kept, 'Nothing of that delivery is in the dataset.'],
    mend: ['Mend what the details below name.'],
    again: 'redrive',
    lasting: false,
  }),
  batch_stalled: ({ reason }, { settings }) => ({
    what: 'Adobe Experience Platform has not taken in the rows within a day; only Adobe can decide what becomes of them.',
    notes: [
      kept,
      'The connector asks Platform every quarter of an hour, and records what it decides.',
      'If that is a failure, it is told here, with what to do. If the day is delivered after all, only this message is left over.',
    ],
    mend: [
      `Ask Adobe support why the batch ${/^batch (\w+) /.exec(reason)?.[1] ?? 'that the details below name'} does not end. Tell them the organisation ${settings.platform.orgId}, the sandbox "${settings.platform.sandbox}", the dataset ${settings.platform.datasetId}, and since when.`,
    ],
    again: 'wait',
    lasting: false,
  }),
  counts_differ: () => ({
    what: 'Adobe Experience Platform counts other rows than were sent: the day is there, but perhaps not whole.',
    mend: [
      'Deliver the day again, which replaces it; if the counts differ again, ask Adobe support, with the details below.',
    ],
    again: 'replay',
    lasting: false,
  }),
  batch_too_large: (_, context) =>
    divided('The rows of the day are more than one batch of Platform may hold.', context),
};

function silent(what: string): Remedy {
  return passing(what, [kept], askAdobe);
}

function noInlet(_: Failure, context: RemedyContext): Remedy {
  return configured(
    'Rows are to be streamed, and the configuration does not name a usable inlet of Platform.',
    [`Make it, or find it; this writes it into ${context.configFile}: ${context.command('setup')}`],
  );
}

/** By Catalog's word for how the batch ended. */
function failedBatch({ reason }: Failure, context: RemedyContext): Remedy {
  const status = /^batch \S+ ended as (\w+):/.exec(reason)?.[1] ?? '';
  const ended = (what: string, mend: readonly string[]): Remedy => ({
    what,
    notes: [kept, 'Nothing of them is in the dataset.'],
    mend,
    again: 'redrive',
    lasting: false,
  });
  switch (phaseOf(status)) {
    case 'stalled':
      return ended('Adobe Experience Platform has given up taking in the rows, after tries of its own.', []);
    case 'withdrawn':
      return ended(`The batch of the day was taken away in Platform by somebody: it is "${status}".`, [
        'Find out who did so, and why, before the day is delivered again.',
      ]);
    default:
      return ended('Adobe Experience Platform took the rows and then failed them.', [
        'Read in the details below why Platform failed them. If it gives no reason, go to the last step.',
        `If the rows do not fit the schema: mend the mapping (${context.mappingFile}), then: npx cdk deploy\nIf it is about anything else: ask Adobe support, with the details.`,
      ]);
  }
}

/** By what the functions read from Platform's codes and IMS's. */
function refusedLogin({ reason }: Failure, context: RemedyContext): Remedy {
  const { settings, secrets } = context;
  const { orgId } = settings.platform;
  // As it was then: the configuration may have been corrected since.
  const sandbox = /access to sandbox (\S+) in organisation/.exec(reason)?.[1] ?? settings.platform.sandbox;
  const refused = (what: string, mend: readonly string[]): Remedy => ({
    what,
    notes: [kept],
    mend,
    again: 'redrive',
    lasting: true,
  });
  if (reason.includes('has no product profile'))
    return refused(
      `The Adobe login has no product profile in the organisation ${orgId}, or that is not its organisation.`,
      [
        `If ${orgId} is right: in Adobe's Developer Console, open the credential's project and add the product profile of Experience Platform; no deploy is needed.\n` +
          `If it is not: set ${setting(context, 'platform', 'orgId')} to the right one, then: npx cdk deploy`,
      ],
    );
  if (reason.includes('set platform.scopes') || reason.includes('check platform.imsUrl and platform.scopes'))
    return refused('Adobe gives no usable token for what the connector asks for (its scopes).', [
      `Take the list of scopes that Adobe's Developer Console shows for the credential.`,
      `Set ${setting(context, 'platform', 'scopes')} to it, separated by commas.`,
      deployStep,
    ]);
  if (reason.includes('the token did not arrive'))
    return refused('The login does not reach Adobe: something between, a proxy perhaps, takes it out.', [
      `Correct ${setting(context, 'platform', 'baseUrl')}, or the proxy that it names.`,
      deployStep,
    ]);
  if (/in the Platform secret|must be an OAuth server-to-server/.test(reason))
    return refused(
      `Adobe does not know the login in the secret ${secrets.platform}: client id or client secret is mistyped, has ended or was deleted.`,
      [
        "In Adobe's Developer Console, open the credential (OAuth server-to-server) and copy client id and client secret.",
        fillSecret(secrets.platform, platformSecretForm),
      ],
    );
  return refused(
    `Adobe does not let the connector into the sandbox "${sandbox}": there is none of that name, or the login has no right to it.`,
    [
      `In Adobe Experience Platform, open "Sandboxes" and see whether there is one whose name (not its title) is "${sandbox}".`,
      `If there is none: set ${setting(context, 'platform', 'sandbox')} to the right name, then: npx cdk deploy\n` +
        `If it is there: under "Permissions", "Roles", give a role access to that sandbox, with the rights to manage datasets and to ingest, and add to it the API credential whose client id is in the secret ${secrets.platform}. No deploy is needed.`,
    ],
  );
}

function refusedRequest({ reason }: Failure, context: RemedyContext): Remedy {
  const { platform } = context.settings;
  const sandbox = /the dataset is in sandbox (\S+)$/.exec(reason)?.[1] ?? platform.sandbox;
  // Ids of Catalog are of 24 hexadecimal digits.
  const datasetId = /\b[0-9a-f]{24}\b/.exec(reason)?.[0] ?? platform.datasetId;
  if (reason.includes('and that the dataset is in sandbox'))
    return configured(
      `The dataset ${datasetId} is not there: the id is wrong, it was deleted, or it is in another sandbox than "${sandbox}".`,
      [
        `In Adobe Experience Platform, choose the sandbox "${sandbox}", open "Datasets" and look for the id.`,
        `If the dataset has another id: set ${setting(context, 'platform', 'datasetId')} to it.\n` +
          `If it is in another sandbox: set "sandbox" beside it.\n` +
          `If it was deleted: take "datasetId" and "schemaId" out, then have a new one made: ${context.command('setup')}`,
      ],
      [kept],
    );
  if (reason.includes('check platform.orgId and platform.sandbox'))
    return configured(
      'Adobe does not take the request: organisation or sandbox is not right, or a proxy on the way takes them out.',
      [`Correct ${setting(context, 'platform', 'orgId')}, and "sandbox" beside it.`],
      [kept],
    );
  return configured(
    'Adobe Experience Platform does not take the request: something in the configuration does not fit the dataset.',
    [
      `See what is wrong: ${context.command('doctor --no-query')}`,
      `Correct what it names in ${context.configFile}. If it finds nothing wrong, ask Adobe support, with the details below.`,
    ],
    [kept],
  );
}
