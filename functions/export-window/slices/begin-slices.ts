import { timeSortedId } from '../../shared/ids.ts';
import type { SliceMessage } from '../../shared/messages.ts';
import type { RunRef } from '../../shared/object-keys.ts';
import type { ExportWorkDeps, WindowRequest } from '../work-deps.ts';
import type { Slice } from './slice.ts';
import type { SlicedRun } from './sliced-run.ts';

/**
 * Begins a run in slices: its record, then the ledger that names it, then a message for each slice. Stopped after any of
 * these, the repeated request goes on from the ledger; a record that no ledger names is never looked at.
 */
export async function beginSlices(
  deps: ExportWorkDeps,
  { date, request, reason, kind, backfill }: WindowRequest,
  { slices, requests }: { readonly slices: readonly Slice[]; readonly requests: number },
): Promise<void> {
  const nowMs = deps.clock();
  const { events, where, sliceTime } = deps.settings.mixpanel;
  const run: RunRef = { source: deps.settings.id, date, run: timeSortedId(nowMs) };
  await deps.slicedRuns.create({
    version: 1,
    ...run,
    request,
    reason,
    kind,
    backfill,
    startedAt: new Date(nowMs).toISOString(),
    query: { events: events ?? null, where: where ?? null, sliceTime },
    requests,
    blocks: 0,
    slices: [...slices],
    announced: false,
    failed: false,
    hopelessBy: null,
  });
  const ledger = await deps.ledgers.update(run, (found) =>
    // Another copy of the request may have begun already: then its run is the one.
    found.slicing?.request === request
      ? found
      : { ...found, state: 'exporting', error: null, slicing: { run: run.run, request } },
  );
  deps.log.info('Export:Run:Sliced', { window: date, run: ledger.slicing?.run, slices: slices.length });
  await announceSlices(deps, { ...run, run: ledger.slicing?.run ?? run.run });
}

/** Sends every slice's message, unless all were sent: repeated, they would only spend queries. */
export async function announceSlices(deps: ExportWorkDeps, run: RunRef): Promise<void> {
  const { slices, announced } = await deps.slicedRuns.read(run);
  if (announced) return;
  await sendSlices(deps, run, slices);
  await deps.slicedRuns.update(run, (found): SlicedRun => ({ ...found, announced: true }));
}

/** Has slices fetched, each by a message of its own. */
export async function sendSlices(
  deps: ExportWorkDeps,
  { date, run }: RunRef,
  slices: readonly Slice[],
): Promise<void> {
  for (const { id } of slices) {
    const message: SliceMessage = { version: 1, type: 'slice', date, run, slice: id };
    await deps.windowQueue.send(message);
  }
}
