import { closest } from '../../operator/closest.ts';
import { inLine } from '../../operator/printable.ts';
import {
  configured,
  deployStep,
  type Failure,
  fillSecret,
  mixpanelSecretForm,
  passing,
  platformSecretForm,
  type Remedies,
  type Remedy,
  type RemedyContext,
  setting,
} from './remedy.ts';
import { keyOfUnreadable, storedRemedy } from './stored-remedies.ts';

const reportIt = 'it may be a defect of the connector: report it, with the details below and the log.';
/** Rules and fields that are told one by one. */
const mostFields = 5;
/** Of a message that can't be understood, as much as tells which one it is. */
const mostOfBody = 100;

/** By the codes of failures that lie in the configuration, the archive, the messages or the connector itself. */
export const ownRemedies: Remedies = {
  config_invalid: invalid,
  none: () =>
    passing(
      'The function that does the work crashed each time, so that nobody noted a reason.',
      ['The log of the function tells more: docs/runbook.md, "function-errors".'],
      reportIt,
    ),
  deadline: () => passing('The work was not done within the 15 minutes that a function has.', [], reportIt),
  run_missing: () => ({
    what: 'The day was to be delivered from what is stored, and nothing whole of it is stored (any more).',
    mend: [],
    again: 'replay',
    lasting: false,
  }),
  part_damaged: damaged,
  part_unknown: damaged,
  superseded_mismatch: damaged,
  object_too_large: (failure, context) =>
    storedRemedy(
      'A record in the archive is larger than any that the connector writes: something else wrote it.',
      keyOfUnreadable(failure.reason),
      context,
    ),
  lines_unaccounted: () => ({
    what: 'The connector could not account for each record, and so made nothing of the day visible: a defect of the connector.',
    mend: ['Report it, with the details below and the log of the function. Then try again.'],
    again: 'redrive',
    lasting: false,
  }),
  newer_format: () => ({
    what: 'A newer release of the connector was at work here, and the one that is deployed now does not know its records.',
    mend: ['Deploy the newer release again: npx cdk deploy'],
    again: 'redrive',
    lasting: true,
  }),
  backfill_unreadable: ({ reason }) => ({
    what: 'The record of a backfill (an order for past days) was changed by hand into something that can not be read.',
    notes: ['The days of the backfill that are left wait for it; the daily ones do not.'],
    mend: [
      `Mend the record that the details below name${/\.json/.test(reason) ? '' : ' (docs/runbook.md, "A backfill")'}.`,
    ],
    again: 'redrive',
    lasting: false,
  }),
  vendor_redirect: (_, context) =>
    configured(
      'A host sends requests on to another place, which is not followed: the login would travel there.',
      [
        `Correct the host that the details below name: "baseUrl" or "imsUrl" under "platform" of the source "${context.settings.id}" in ${context.configFile}, or the proxy behind it.`,
      ],
    ),
  unsafe_endpoint: () => ({
    what: 'A deployed function was told a host to which logins would go unencrypted; it refuses that.',
    mend: ['Deploy again, as the configuration can not name such a host: npx cdk deploy'],
    again: 'redrive',
    lasting: true,
  }),
  vendor_unreachable: () =>
    passing(
      'No complete answer came from Adobe, or from a proxy before it.',
      [],
      'look at the network and the proxy.',
    ),
  answer_unclear: () =>
    passing(
      'What answered was not Adobe, but something else, such as the page of a proxy.',
      [],
      'mend the proxy that is between.',
    ),
  secret_unreadable: (_, { secrets }) => ({
    what: 'AWS Secrets Manager did not give a secret to the connector.',
    mend: [
      `See whether ${secrets.mixpanel} and ${secrets.platform} are there, and whether their key may be used by the functions. A right that is missing is given by: npx cdk deploy`,
    ],
    again: 'redrive',
    lasting: true,
  }),
};

function damaged(): Remedy {
  return {
    what: 'What is stored of the day is damaged, and so is not delivered.',
    mend: [],
    again: 'replay',
    lasting: false,
  };
}

/** For a code without an advice of its own, and where the code is not known. */
export function otherRemedy({ code }: Failure): Remedy {
  return passing(
    code === undefined
      ? 'The last try failed, for the reason in the details below.'
      : 'The work failed each time it was tried, for the reason in the details below.',
    [],
    reportIt,
  );
}

/** One code for all that is not as it must be: told apart by what was being read. */
function invalid(failure: Failure, context: RemedyContext): Remedy {
  const { reason } = failure;
  const { secrets } = context;
  const stored = keyOfUnreadable(reason);
  if (stored !== undefined)
    return storedRemedy(
      'A record of the connector in the archive was changed by something else, into what can not be read.',
      stored,
      context,
    );
  if (/reading a (window|load) message/.test(reason)) return wrongMessage(failure);
  if (reason.includes('the mapping does not fit the schema')) return wrongMapping(failure, context);
  if (reason.includes('the mapping set is not usable'))
    return configured('The mapping set (which says what becomes of each property) can not be used.', [
      `Correct ${context.mappingFile}, as the details below say.`,
    ]);
  if (reason.includes(`reading the secret ${secrets.platform}`))
    return emptySecret('Platform', secrets.platform, platformSecretForm, reason);
  if (reason.includes(`reading the secret ${secrets.mixpanel}`))
    return emptySecret('Mixpanel', secrets.mixpanel, mixpanelSecretForm, reason);
  return configured('Something in the configuration is not as it must be.', [
    `Correct what the details below name, in ${context.configFile}.`,
  ]);
}

function emptySecret(vendor: string, secret: string, form: string, reason: string): Remedy {
  return {
    what: `The secret with the ${vendor} login, ${secret}, ${reason.includes('it has no value yet') ? 'is empty' : 'has not the form that it must have'}.`,
    mend: [fillSecret(secret, form)],
    again: 'redrive',
    lasting: true,
  };
}

/** Of most, sending them back can't help; a day that had not begun does begin. */
function wrongMessage({ reason, body = '' }: Failure): Remedy {
  const problem = /reading a \w+ message: (?:- )?(.*)$/.exec(reason)?.[1] ?? reason;
  const shown = inLine(body.length <= mostOfBody ? body : `${body.slice(0, mostOfBody)}…`);
  return {
    what: `A message that somebody, or a program, sent to the connector can not be carried out: ${shown}`.trimEnd(),
    notes: [
      'What is wrong with it:',
      ...problem.split(/ - (?=\S+: )/).map((one) => `- ${one}`),
      isTooEarly(problem)
        ? 'Sending it back does not help before that day has begun. Nothing waits for it.'
        : 'Sending it back does not help, as it stays what it is. Nothing waits for it.',
    ],
    mend: [],
    again: 'drop',
    lasting: false,
  };
}

/** Asked for before its day, and for no other fault. */
function isTooEarly(problem: string): boolean {
  return /^found \S+; the last window that has begun [^;]*$/.test(problem);
}

function wrongMapping({ reason }: Failure, context: RemedyContext): Remedy {
  const fields = [...reason.matchAll(/rule (\d+) \(([^)]*)\): (.*?)(?=(?: - )?rule \d+ \(|$)/g)].map(
    ([, rule = '', path = '', problem = '']) => ({ rule, path, problem: problem.trim() }),
  );
  const shown = fields.slice(0, mostFields);
  const more = fields.length > mostFields ? [`… and ${fields.length - mostFields} more`] : [];
  return {
    what: 'The mapping writes to fields that the schema of the dataset does not have, or can not take.',
    notes: [
      ...shown.map(({ rule, path, problem }) => `Rule ${rule} (${path}): ${meant(problem)}`),
      ...more,
      'What Mixpanel sent is kept, and is not asked for again.',
    ],
    mend: [
      `If the name is mistyped: correct it in ${context.mappingFile}, then: npx cdk deploy\n` +
        `If the schema is to have the field: add it, which needs no deploy: ${context.command('setup --grow')}`,
    ],
    again: 'redrive',
    lasting: true,
  };
}

/** With the name that was probably meant, where one of those that are there is close. */
function meant(problem: string): string {
  const [, typed = '', listed = ''] =
    /the schema has no field "([^"]*)"[^,;]*, but (.*)$/.exec(problem) ?? [];
  const name = closest(typed, listed.replace(/ and \d+ more$/, '').split(', '));
  if (typed === '' || name === undefined) return problem;
  return `${problem.slice(0, problem.indexOf(', but '))}; did you mean "${name}"?`;
}

/** Of a window that was rejected, which has no code: nothing failed, too much was refused. */
export function rejectedRemedy(context: RemedyContext, isActive: boolean): Remedy {
  const limit = setting(context, 'platform', 'maxRejectedPercent');
  return {
    what: isActive
      ? 'Adobe Experience Platform refused too many records of the day; the day was delivered without them.'
      : 'Too many records of the day do not fit the dataset, so that the whole day is held back.',
    mend: [
      `Mend what rejects them in the mapping (${context.mappingFile}).\nIf the day may do without these records: raise ${limit} (now ${context.settings.platform.maxRejectedPercent}) instead.`,
      deployStep,
    ],
    again: 'reload',
    lasting: true,
  };
}
