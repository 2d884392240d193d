import type { ConnectorError } from '../../shared/errors.ts';
import type { SliceMessage } from '../../shared/messages.ts';
import { recordLate } from '../backfill-range.ts';
import type { ExportWorkDeps } from '../work-deps.ts';

/**
 * A slice is given up: its window has failed, for as long as nobody sends the dead letter back.
 *
 * @returns the body of the dead letter. It asks for this slice alone: the others are kept, and the last one joins them.
 *   Where nothing is known of the run any more it asks for the window.
 */
export async function giveUpSlice(
  deps: ExportWorkDeps,
  message: SliceMessage,
  error: ConnectorError,
): Promise<string> {
  const { date, run } = message;
  const window = { source: deps.settings.id, date };
  await deps.ledgers.update(window, (ledger) =>
    ledger.exported !== null && ledger.exported.run >= run
      ? ledger
      : { ...ledger, state: 'failed', error: error.message },
  );
  if (error.code === 'run_missing') return JSON.stringify({ date });
  const { backfill } = await deps.slicedRuns.read({ ...window, run });
  if (backfill !== null) await recordLate(deps, backfill, { date, outcome: 'failed' });
  return JSON.stringify(message);
}
