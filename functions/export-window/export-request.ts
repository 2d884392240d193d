import { DeferredError } from '../shared/errors.ts';
import type { Ledger } from '../shared/ledger.ts';
import { hasBegunEverywhere } from '../shared/reachable-windows.ts';
import type { Deadline } from '../shared/settle-message.ts';
import { windowBounds } from '../shared/window.ts';
import { windowZones } from '../shared/window-zone.ts';
import { awaitQuery } from './await-query.ts';
import { type ExportedRun, exportWindow } from './export-window.ts';
import { recordRun, sendDeliver } from './record-run.ts';
import { secondClock } from './resolve-timestamps.ts';
import { announceSlices, beginSlices } from './slices/begin-slices.ts';
import { cutsAfter } from './slices/choose-cuts.ts';
import { planSlices } from './slices/plan-slices.ts';
import { readEarlierRun } from './slices/read-earlier-run.ts';
import { cutSlice, type Slice, wholeWindow } from './slices/slice.ts';
import { createTimeWatch } from './slices/time-watch.ts';
import type { ExportWorkDeps, WindowRequest } from './work-deps.ts';

/**
 * Exports a window once for a request, however often its message is repeated: by one query, or, where the time of one
 * function will not do, in slices that have messages of their own.
 */
export async function exportOnce(
  deps: ExportWorkDeps,
  request: WindowRequest,
  deadline: Deadline,
): Promise<void> {
  const window = { source: deps.settings.id, date: request.date };
  const ledger = await deps.ledgers.read(window);
  if (await isAnswered(deps, request, ledger)) return;
  await waitForBeginning(deps, request.date);
  const earlier = await readEarlierRun(deps, request.date, ledger);
  const planned = planSlices(earlier, deadline.remainingMs());
  if (planned.length > 1) return beginSlices(deps, request, { slices: planned, requests: 0 });
  const expectedBytes = earlier?.manifest.bytes;
  const outcome = await exportWhole(deps, request, deadline, expectedBytes);
  if ('slices' in outcome) return beginSlices(deps, request, { slices: outcome.slices, requests: 1 });
  await recordRun(deps, request, outcome.manifest);
}

/** Whether this request has its run already, or the run's slices: what they wait for is asked for once more. */
async function isAnswered(
  deps: ExportWorkDeps,
  request: WindowRequest,
  { exported, slicing }: Ledger,
): Promise<boolean> {
  if (exported?.request === request.request) {
    await sendDeliver(deps, request, exported.run);
    return true;
  }
  if (slicing?.request !== request.request) return false;
  await announceSlices(deps, { source: deps.settings.id, date: request.date, run: slicing.run });
  return true;
}

/** @returns whether this request was answered by a run already, whose delivery it has now asked for once more. */
export async function deliverAgain(deps: ExportWorkDeps, request: WindowRequest): Promise<boolean> {
  const ledger = await deps.ledgers.read({ source: deps.settings.id, date: request.date });
  return isAnswered(deps, request, ledger);
}

/**
 * Mixpanel refuses days that have not begun in the zone in which it reads dates. While that may be one of two, and the day
 * has begun in one alone, no query is spent on hearing it.
 *
 * @throws {DeferredError} `window_not_begun`
 */
async function waitForBeginning(deps: ExportWorkDeps, date: string): Promise<void> {
  const nowMs = deps.clock();
  if (hasBegunEverywhere(date, nowMs)) return;
  const zones = await windowZones(deps.store, deps.settings);
  const begunMs = Math.max(...zones.map((zone) => windowBounds(date, zone).startMs));
  if (begunMs <= nowMs) return;
  const what = `exporting window ${date}: it begins at ${new Date(begunMs).toISOString()}`;
  throw new DeferredError('window_not_begun', what, begunMs - nowMs);
}

/** @returns the run, or the slices to fetch instead, where the window was too large for the time. */
async function exportWhole(
  deps: ExportWorkDeps,
  { date, kind }: WindowRequest,
  deadline: Deadline,
  expectedBytes: number | undefined,
): Promise<ExportedRun | { readonly slices: readonly Slice[] }> {
  const { signal } = deadline;
  const instants = await secondClock(deps);
  return awaitQuery(deps, kind, async (exportDeps) => {
    await deps.ledgers.update({ source: deps.settings.id, date }, (ledger) => ({
      ...ledger,
      state: 'exporting',
      error: null,
    }));
    const pace =
      expectedBytes === undefined
        ? undefined
        : { expectedBytes, allowedMs: deadline.remainingMs(), now: deps.clock };
    const watch = createTimeWatch({ slice: wholeWindow, date, instants, pace });
    try {
      return await exportWindow(exportDeps, { date, watch }, signal);
    } catch (error) {
      const slices = cutSlice(wholeWindow, cutsAfter(error, { slice: wholeWindow, watch, signal }));
      if (slices.length < 2) throw error;
      return { slices };
    }
  });
}
