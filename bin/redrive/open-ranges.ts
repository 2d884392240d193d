import { isOpen } from '../../functions/shared/backfill.ts';
import { type BackfillStore, unreadableBackfill } from '../../functions/shared/backfill-store.ts';
import { TerminalError } from '../../functions/shared/errors.ts';
import { type DeadLetter, rangeOf, requestOf } from '../operator/dead-letters.ts';

/** A dead letter, and whose it is. */
export interface OwnedLetter extends DeadLetter {
  readonly source: string;
}

/**
 * Why a dead letter must stay: it carries what is left of a backfill that has not ended. Without it the backfill would
 * stand still, as running, and the rest of its days would be asked for by nobody.
 *
 * @param suffix what a command must have to be about the same connector.
 * @returns undefined for a letter that may go.
 */
export async function whyKept(
  backfills: Pick<BackfillStore, 'read'>,
  letter: OwnedLetter,
  suffix: string,
): Promise<string | undefined> {
  const range = rangeOf(letter);
  const request = requestOf(letter);
  if (range === undefined) return undefined;
  const rest = `${range.from} to ${range.to} are what is left of backfill ${request}`;
  const cancel = `connector backfill --cancel ${request} --source ${letter.source}${suffix}`;
  try {
    const backfill = await backfills.read({ source: letter.source, request });
    if (backfill === undefined || !isOpen(backfill)) return undefined;
    return `${rest}, which is ${backfill.state}: send it back, or end the backfill first: ${cancel}`;
  } catch (error) {
    if (!(error instanceof TerminalError) || error.code !== unreadableBackfill) throw error;
    return `${rest}, whose record can't be read: mend the record, then send it back, or end the backfill first: ${cancel}`;
  }
}
