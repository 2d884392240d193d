import { type ConnectorError, isUnreadable, newerFormat } from '../../shared/errors.ts';
import type { SliceMessage } from '../../shared/messages.ts';
import { recordLate } from '../backfill-range.ts';
import type { ExportWorkDeps } from '../work-deps.ts';
import type { SlicedRun } from './sliced-run.ts';
import { tooLargeCode } from './time-watch.ts';

/**
 * What no repetition of a slice can mend, as the run keeps what it asks for and what it found: Mixpanel refuses that, does
 * not filter as it must, or has more in one second than one function can fetch, which only another `events` mends; or how
 * the project stores time is open, and the slices that are done were counted by the zone configured then, or not at all.
 */
const hopelessCodes: ReadonlySet<string> = new Set([
  'slice_not_filtered',
  'slices_disagree',
  'mixpanel_refused',
  tooLargeCode,
  'timestamps_unknown',
  'timestamps_mixed',
  'timestamps_unusable',
]);

/**
 * A slice is given up: its window has failed, for as long as nobody sends the dead letter back.
 *
 * @returns the body of the dead letter. It asks for this slice alone: the others are kept, and the last one joins them.
 *   Where the run can never be whole, or nothing is known of it any more, it asks for the window: so it does where the
 *   run's record can't be read, unless a newer release has written it.
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
  const isHopeless = hopelessCodes.has(error.code);
  const note = (found: SlicedRun): SlicedRun => {
    const hopelessBy = found.hopelessBy ?? (isHopeless ? message.slice : null);
    return found.failed && hopelessBy === found.hopelessBy ? found : { ...found, failed: true, hopelessBy };
  };
  let noted: SlicedRun;
  try {
    noted = await deps.slicedRuns.update({ ...window, run }, note);
  } catch (cause) {
    if (!isUnreadable(cause)) throw cause;
    return JSON.stringify(cause.code === newerFormat && !isHopeless ? message : { date });
  }
  const { backfill, reason } = noted;
  if (backfill !== null) await recordLate(deps, backfill, { date, outcome: 'failed' });
  return JSON.stringify(isHopeless ? { date, ...(reason === null ? {} : { reason }) } : message);
}
