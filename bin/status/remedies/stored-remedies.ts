import {
  deliveryBudgetKey,
  digestsKey,
  forgottenKey,
  manifestKey,
  prefixes,
  queryBudgetKey,
  reconciliationKey,
  runOfKey,
  schemaKey,
  slicePlanKey,
  timestampsKey,
} from '../../../functions/shared/object-keys.ts';
import { sandboxOf } from '../../../functions/shared/platform/guardrails.ts';
import { splitTries } from '../../../functions/shared/tries-text.ts';
import type { Remedy, RemedyContext } from './remedy.ts';

/**
 * How every error begins that says of an object in the archive that it can't be read: what it is, where that is said, and
 * its key. Whatever the object is called, its key has one of the prefixes, and whose it is. A secret may be called `raw/x`.
 */
const unreadable = new RegExp(
  `^reading (?:[^:]*? )?((?:${Object.values(prefixes).join('|')})(?:source|project|sandbox)=[\\w./=-]+):`,
);

/** The key of the object in the archive that the work failed at; undefined where it failed at something else. */
export function keyOfUnreadable(reason: string): string | undefined {
  return unreadable.exec(splitTries(reason).words)?.[1];
}

/**
 * What to do about an object that can't be read. A reason is the words of others: a command is suggested for a key only that
 * is made here, and only where nothing is lost with the object. Any other is to be put back.
 */
export function storedRemedy(what: string, key: string | undefined, context: RemedyContext): Remedy {
  const day = key === undefined ? undefined : /\bdate=(\d{4}-\d\d-\d\d)\b/.exec(key)?.[1];
  const lasting = day === undefined;
  if (key === undefined) return restored(what, 'what the details below name', { lasting });
  if (key === forgottenKey(context.settings.id))
    return restored(what, key, {
      lasting,
      why: 'without this list, people who were forgotten are exported and delivered again',
    });
  if (key.startsWith(prefixes.ledger))
    return restored(what, key, {
      lasting,
      why: 'it names the batch that a new delivery replaces, so that without it the day would be in Platform twice',
    });
  if (isManifest(key, context))
    return replaced(what, `the export of ${day} anew makes another`, key, context);
  if (isOfOneAttempt(key))
    return {
      what,
      notes: ['It belongs to one attempt alone: the next one makes its own.'],
      mend: [],
      again: 'replay',
      lasting,
    };
  if (isMadeAnew(key, day, context))
    return { ...replaced(what, 'the connector makes it anew', key, context), again: 'redrive', lasting };
  return restored(what, key, { lasting });
}

function restored(
  what: string,
  object: string,
  { lasting, why }: { readonly lasting: boolean; readonly why?: string },
): Remedy {
  const reason = why === undefined ? '' : `: ${why}`;
  return {
    what,
    mend: [`Put ${object} back as it was, from a copy or by hand. Never delete it${reason}.`],
    again: 'redrive',
    lasting,
  };
}

function replaced(what: string, how: string, key: string, { bucket }: RemedyContext): Remedy {
  return {
    what,
    mend: [`Delete it; ${how}:\naws s3 rm s3://${bucket}/${key}`],
    again: 'replay',
    lasting: false,
  };
}

function isManifest(key: string, { settings }: RemedyContext): boolean {
  const run = runOfKey(key);
  return run !== undefined && key === manifestKey({ source: settings.id, ...run });
}

/** What else lies beside a run's parts, and how far a run or a delivery has come. */
function isOfOneAttempt(key: string): boolean {
  return [prefixes.raw, prefixes.rejected, prefixes.checkpoints].some((prefix) => key.startsWith(prefix));
}

/** Copies of what vendors and ledgers say, and counts of the last hour and day. */
function isMadeAnew(key: string, day: string | undefined, { settings }: RemedyContext): boolean {
  const { id: source, mixpanel } = settings;
  return [
    timestampsKey(source),
    schemaKey(source),
    digestsKey(source),
    reconciliationKey(source),
    queryBudgetKey(mixpanel.projectId),
    deliveryBudgetKey(sandboxOf(settings)),
    ...(day === undefined ? [] : [slicePlanKey({ source, date: day })]),
  ].includes(key);
}
