import { TerminalError } from '../../shared/errors.ts';
import { type Manifest, manifestSchema } from '../../shared/manifest.ts';
import {
  manifestKey,
  partNameOfKey,
  type RunRef,
  runPrefix,
  supersededKey,
} from '../../shared/object-keys.ts';
import { parseJsonWith } from '../../shared/parse.ts';
import { readSupersededEntries, type SupersededEntry, writeSuperseded } from '../../shared/superseded.ts';
import { addTimestampCounts } from '../../shared/timestamp-storage.ts';
import { recordLate } from '../backfill-range.ts';
import { recordRun } from '../record-run.ts';
import { decideTimestamps, knownTimestamps } from '../resolve-timestamps.ts';
import { createManifest, writeManifest } from '../run-manifest.ts';
import type { ExportWorkDeps } from '../work-deps.ts';
import type { SliceCheckpoint, SlicedRun } from './sliced-run.ts';

/**
 * Makes one run of a window's slices, once all of them are there. Several invocations may do so at once, or one after
 * another: the first manifest holds, and the rest is done again.
 */
export async function joinSlices(deps: ExportWorkDeps, run: RunRef): Promise<void> {
  const sliced = await deps.slicedRuns.read(run);
  const manifest = (await storedManifest(deps, run)) ?? (await completeRun(deps, run, sliced));
  if (manifest === undefined) return;
  await deleteLeftOver(deps, manifest);
  await recordRun(deps, { ...sliced, reload: false }, manifest);
  if (sliced.backfill !== null)
    await recordLate(deps, sliced.backfill, { date: run.date, outcome: 'exported' });
}

async function storedManifest({ store }: ExportWorkDeps, run: RunRef): Promise<Manifest | undefined> {
  const key = manifestKey(run);
  const found = await store.getText(key);
  return found === undefined ? undefined : parseJsonWith(manifestSchema, found.text, `reading ${key}`);
}

/** @returns undefined while a slice is missing. */
async function completeRun(
  deps: ExportWorkDeps,
  run: RunRef,
  sliced: SlicedRun,
): Promise<Manifest | undefined> {
  const checkpoints = await readCheckpoints(deps, run, sliced);
  if (checkpoints === undefined) return undefined;
  requireOneClock(run, checkpoints);
  const manifest = await manifestOf(deps, sliced, checkpoints);
  if (manifest.duplicates > 0) {
    await writeSuperseded(deps.store, supersededKey(run), supersededOf(deps, checkpoints));
  }
  // Before the manifest: once that is there, nothing of this is done again.
  await deps.slicedRuns.keepPlan(run, { version: 1, ...run, slices: timesOf(sliced, checkpoints) });
  await writeManifest(deps, manifest);
  return manifest;
}

/** In the order of the slices; undefined while one is missing. */
async function readCheckpoints(
  deps: ExportWorkDeps,
  run: RunRef,
  { slices }: SlicedRun,
): Promise<SliceCheckpoint[] | undefined> {
  const found = await Promise.all(slices.map(({ id }) => deps.slicedRuns.readCheckpoint(run, id)));
  return found.every((checkpoint) => checkpoint !== undefined) ? found : undefined;
}

/** Selected by different clocks, slices would overlap in one place and leave a gap in another. */
function requireOneClock({ date, run }: RunRef, checkpoints: readonly SliceCheckpoint[]): void {
  const clocks = new Set(checkpoints.map(({ clock }) => clock));
  if (!clocks.has('stored') || !clocks.has('utc')) return;
  throw new TerminalError(
    'slices_disagree',
    `exporting window ${date}: Mixpanel's filter went by the stored time in one slice of run ${run} and by UTC in ` +
      'another; set mixpanel.sliceTime to the other form',
  );
}

async function manifestOf(
  deps: ExportWorkDeps,
  sliced: SlicedRun,
  checkpoints: readonly SliceCheckpoint[],
): Promise<Manifest> {
  const { source, date, run, startedAt, requests } = sliced;
  const ref: RunRef = { source, date, run };
  const evidence = checkpoints.flatMap((checkpoint) => checkpoint.evidence ?? []);
  const sum = (of: 'requests' | 'duplicates') =>
    checkpoints.reduce((total, checkpoint) => total + checkpoint[of], 0);
  return createManifest({
    run: ref,
    startedAt,
    // Not the time of this join: another one must make the same manifest.
    completedAt:
      checkpoints
        .map(({ completedAt }) => completedAt)
        .toSorted()
        .at(-1) ?? startedAt,
    requests: requests + sum('requests'),
    parts: checkpoints.flatMap(({ parts }) => parts),
    duplicates: sum('duplicates'),
    content: checkpoints.map(({ content }) => content),
    timestamps:
      (await knownTimestamps(deps)) ?? (await decideTimestamps(deps, addTimestampCounts(evidence), ref)),
    timezone: deps.settings.mixpanel.timezone,
  });
}

async function* supersededOf(
  { store }: ExportWorkDeps,
  checkpoints: readonly SliceCheckpoint[],
): AsyncGenerator<SupersededEntry> {
  for (const { superseded } of checkpoints) {
    if (superseded !== null) yield* readSupersededEntries(store, superseded);
  }
}

/** Attempts that died, or came second, left parts that no manifest names. Whoever reads the run's folder must not meet them. */
async function deleteLeftOver({ store }: ExportWorkDeps, manifest: Manifest): Promise<void> {
  const named = new Set(manifest.parts.map(({ key }) => key));
  for await (const { key } of store.list(runPrefix(manifest))) {
    if (partNameOfKey(key) !== undefined && !named.has(key)) await store.delete(key);
  }
}

function timesOf({ slices }: SlicedRun, checkpoints: readonly SliceCheckpoint[]) {
  return slices.map(({ from, to }, index) => {
    const { startedAt, completedAt } = checkpoints[index] ?? {};
    return { from, to, ms: Date.parse(completedAt ?? '') - Date.parse(startedAt ?? '') };
  });
}
