import { ApiError } from '../api-error.ts';
import { queryCode, sqsError } from './sqs-error.ts';

/** SQS takes no more entries at a time. */
const maxEntries = 10;

interface BatchResult {
  readonly Successful: object[];
  readonly Failed: { Id: string; SenderFault: boolean; Code: string; Message: string }[];
}

/**
 * Acts on every entry on its own; one that is refused does not touch its neighbours.
 * @param checkWhole refuses the batch as a whole, after its entries' ids were found in order.
 * @throws {ApiError} when the batch itself is not in order.
 */
export function runBatch<Entry extends { readonly Id: string }>(
  entries: readonly Entry[],
  act: (entry: Entry) => object,
  checkWhole: () => void = () => {},
): BatchResult {
  checkBatch(entries.map(({ Id }) => Id));
  checkWhole();
  const result: BatchResult = { Successful: [], Failed: [] };
  for (const entry of entries) {
    try {
      result.Successful.push({ Id: entry.Id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { message } = error;
      result.Failed.push({ Id: entry.Id, SenderFault: true, Code: queryCode(error), Message: message });
    }
  }
  return result;
}

function checkBatch(ids: readonly string[]): void {
  if (ids.length === 0)
    throw sqsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (ids.length > maxEntries)
    throw sqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${maxEntries}. You have sent ${ids.length}.`,
    );
  if (ids.some((id) => !/^[\w-]{1,80}$/.test(id)))
    throw sqsError(
      'InvalidBatchEntryId',
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    );
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw sqsError('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
}
