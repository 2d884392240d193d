import { DeferredError } from '../../shared/errors.ts';
import type { ExportWorkDeps, WindowRequest } from '../work-deps.ts';

/** How soon a range looks again; each time twice as long. A slice takes minutes, and its query may have to wait. */
const lookAgainMs = 30_000;

/**
 * How a window of a range came out. The range does not go on before its window's slices are fetched or given up, so that
 * it can be paused and cancelled between windows, has come as far as its record says, and asks for no more slices at a
 * time than one window has.
 *
 * @throws {DeferredError} `slices_under_way`
 */
export async function awaitSlices(
  deps: ExportWorkDeps,
  { date, request }: WindowRequest,
): Promise<'exported' | 'failed'> {
  const window = { source: deps.settings.id, date };
  const { slicing, exported } = await deps.ledgers.read(window);
  if (slicing?.request !== request) return 'exported';
  // A newer run is complete: nobody fetches these slices any more.
  if (exported !== null && exported.run > slicing.run) return 'exported';
  const { failed } = await deps.slicedRuns.read({ ...window, run: slicing.run });
  if (failed) return 'failed';
  const what = `window ${date} is being fetched in slices`;
  throw new DeferredError('slices_under_way', what, lookAgainMs, { grows: true });
}
