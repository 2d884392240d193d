import { RetryableError } from '../../shared/errors.ts';
import { openForgotten } from '../../shared/forgotten.ts';
import type { SliceMessage } from '../../shared/messages.ts';
import { type RunRef, sliceSupersededKey } from '../../shared/object-keys.ts';
import { createPrivacyFilter } from '../../shared/privacy.ts';
import type { Deadline } from '../../shared/settle-message.ts';
import { writeSuperseded } from '../../shared/superseded.ts';
import { createTimestampEvidence } from '../../shared/timestamp-storage.ts';
import { warnOfAnswer } from '../answer-warnings.ts';
import { archiveAnswer } from '../archive-answer.ts';
import { awaitQuery } from '../await-query.ts';
import type { ExportDeps } from '../export-deps.ts';
import { requestExport } from '../export-window.ts';
import { knownTimestamps, secondClock } from '../resolve-timestamps.ts';
import type { ExportWorkDeps } from '../work-deps.ts';
import { sendSlices } from './begin-slices.ts';
import { cutsAfter } from './choose-cuts.ts';
import { joinSlices } from './join-slices.ts';
import { maxSlices } from './plan-slices.ts';
import { type Slice, sliceFilter } from './slice.ts';
import {
  firstPartOf,
  piecesOf,
  replaceSlice,
  type SliceCheckpoint,
  type SlicedRun,
  takeBlock,
} from './sliced-run.ts';
import { createTimeWatch, type TimeWatch } from './time-watch.ts';

/**
 * Fetches one slice of a run, unless that was done; whoever fetches the last one joins them. A slice that is too large
 * for the time is cut, and its pieces get messages of their own.
 */
export async function exportSlice(
  deps: ExportWorkDeps,
  message: SliceMessage,
  deadline: Deadline,
): Promise<void> {
  const run: RunRef = { source: deps.settings.id, date: message.date, run: message.run };
  const found = await deps.slicedRuns.read(run);
  if (isHopeless(deps, found, message.slice) || (await isOvertaken(deps, run))) return;
  const slice = found.slices.find(({ id }) => id === message.slice);
  if (slice === undefined) return sendMissing(deps, run, piecesOf(found, message.slice));
  if ((await deps.slicedRuns.readCheckpoint(run, slice.id)) === undefined) {
    const pieces = await fetchSlice(deps, { run, sliced: found, slice }, deadline);
    if (pieces !== undefined) return sendSlices(deps, run, pieces);
  }
  await joinSlices(deps, run);
}

/** Another slice has shown that the run can't be whole, and its dead letter asks for the window: this one needs none. */
function isHopeless(deps: ExportWorkDeps, { date, run, hopelessBy }: SlicedRun, slice: string): boolean {
  if (hopelessBy === null || hopelessBy === slice) return false;
  deps.log.info('Export:Run:Hopeless', { window: date, run, slice, by: hopelessBy });
  return true;
}

/** A newer run of the window is complete: this one would never be delivered. */
async function isOvertaken(deps: ExportWorkDeps, run: RunRef): Promise<boolean> {
  const { exported } = await deps.ledgers.read(run);
  if (exported === null || exported.run <= run.run) return false;
  deps.log.info('Export:Run:Overtaken', { window: run.date, run: run.run, by: exported.run });
  return true;
}

/** The slice was cut, and the message comes again: its pieces' messages may not have been sent. */
async function sendMissing(deps: ExportWorkDeps, run: RunRef, pieces: readonly Slice[]): Promise<void> {
  const missing: Slice[] = [];
  for (const piece of pieces) {
    if ((await deps.slicedRuns.readCheckpoint(run, piece.id)) === undefined) missing.push(piece);
  }
  await sendSlices(deps, run, missing);
  if (missing.length === 0) await joinSlices(deps, run);
}

interface SliceFetch {
  readonly run: RunRef;
  readonly sliced: Pick<SlicedRun, 'kind' | 'query'>;
  readonly slice: Slice;
}

/** @returns the pieces to fetch instead, where the slice was too large for the time. */
async function fetchSlice(
  deps: ExportWorkDeps,
  { run, sliced, slice }: SliceFetch,
  { signal }: Deadline,
): Promise<readonly Slice[] | undefined> {
  const watch = createTimeWatch({ slice, date: run.date, instants: await secondClock(deps) });
  try {
    await awaitQuery(deps, sliced.kind, (exportDeps) =>
      archiveSlice({ deps, exportDeps, run, query: sliced.query, slice, watch, signal }),
    );
    return undefined;
  } catch (error) {
    const cuts = cutsAfter(error, { slice, watch, signal });
    if (cuts.length === 0) throw error;
    // Another copy of the message was faster, and has it whole.
    if ((await deps.slicedRuns.readCheckpoint(run, slice.id)) !== undefined) return undefined;
    return replaceByPieces(deps, { run, slice, cuts });
  }
}

interface SliceArchive {
  readonly deps: ExportWorkDeps;
  readonly exportDeps: ExportDeps;
  readonly run: RunRef;
  readonly query: SlicedRun['query'];
  readonly slice: Slice;
  readonly watch: TimeWatch;
  readonly signal: AbortSignal;
}

async function archiveSlice(archive: SliceArchive): Promise<void> {
  const { deps, exportDeps, run, query, slice, watch, signal } = archive;
  const { settings, store, clock, log } = deps;
  const startedAt = new Date(clock()).toISOString();
  const filter = createPrivacyFilter({ ...settings.privacy, key: exportDeps.privacyKey });
  const forgotten = await openForgotten(store, settings.id);
  const isKnown = (await knownTimestamps(deps)) !== undefined;
  const evidence = isKnown ? undefined : createTimestampEvidence(settings.mixpanel.timezone);
  const firstPart = firstPartOf(await deps.slicedRuns.update(run, takeBlock));
  const supersededKey = sliceSupersededKey(run, slice.id, firstPart);
  const where = whereOf(query, run, slice);
  const answer = await requestExport(exportDeps, { run, events: query.events ?? undefined, where, signal });
  const beside = [supersededKey];
  const options = { run, firstPart, beside, answer, filter, forgotten, evidence, watch, signal };
  const checkpoint = await archiveAnswer(exportDeps, options, async (lines): Promise<SliceCheckpoint> => {
    const usedClock = watch.clock();
    if (lines.duplicates > 0) await writeSuperseded(store, supersededKey, lines.superseded, signal);
    warnOfAnswer(log, run, { ...answer, ...lines });
    return {
      version: 1,
      slice: slice.id,
      parts: [...lines.parts],
      duplicates: lines.duplicates,
      superseded: lines.duplicates > 0 ? supersededKey : null,
      content: lines.content,
      evidence: evidence?.counts() ?? null,
      clock: usedClock,
      requests: answer.requests,
      startedAt,
      completedAt: new Date(clock()).toISOString(),
    };
  });
  // The parts of an attempt that came second are in no manifest; the join deletes them.
  await deps.slicedRuns.putCheckpoint(run, checkpoint);
  log.info('Export:Slice:Stored', {
    window: run.date,
    run: run.run,
    slice: slice.id,
    ...countsOf(checkpoint),
  });
}

function countsOf({ parts, duplicates }: SliceCheckpoint) {
  return { parts: parts.length, records: parts.reduce((sum, part) => sum + part.records, 0), duplicates };
}

/** The source's own filter and the slice's. */
function whereOf({ where, sliceTime }: SlicedRun['query'], { date }: RunRef, slice: Slice): string {
  const filter = sliceFilter(slice, date, sliceTime);
  return where === null ? filter : `(${where}) and ${filter}`;
}

async function replaceByPieces(
  deps: ExportWorkDeps,
  { run, slice, cuts }: { readonly run: RunRef; readonly slice: Slice; readonly cuts: readonly number[] },
): Promise<readonly Slice[]> {
  const changed = await deps.slicedRuns.update(run, (found) => {
    const replaced = replaceSlice(found, slice, cuts);
    if (replaced.slices.length > maxSlices) throw tooManySlices(run, found.slices.length);
    return replaced;
  });
  const pieces = piecesOf(changed, slice.id);
  deps.log.info('Export:Slice:Cut', {
    window: run.date,
    run: run.run,
    slice: slice.id,
    pieces: pieces.length,
  });
  return pieces;
}

function tooManySlices({ date }: RunRef, count: number): RetryableError {
  return new RetryableError(
    'too_many_slices',
    `exporting window ${date}: it is in ${count} slices, and one of them still takes too long; is Mixpanel slow?`,
  );
}
