import { openDelivery } from '../../functions/load-window/delivery-ledger.ts';
import { readManifest } from '../../functions/load-window/load-deps.ts';
import type { Ledger } from '../../functions/shared/ledger.ts';
import type { Manifest } from '../../functions/shared/manifest.ts';
import type { OneWindowMessage } from '../../functions/shared/messages.ts';
import { clearRemains } from './clear-remains.ts';
import type { ForgetDeps } from './forget-deps.ts';
import { withRun } from './forget-record.ts';
import { countForgotten, deleteRun, requireStored, rewriteRun } from './rewrite-run.ts';
import { exportedRun, rewrittenRun } from './rewritten-run.ts';
import { type FoundRun, surveyWindow } from './survey-window.ts';

/** A run that holds somebody who is to be forgotten. */
export interface TouchedRun {
  readonly manifest: Manifest;
  readonly lines: number;
  /** Whether the window has no newer one. */
  readonly isNewest: boolean;
}

export interface WindowResult {
  readonly date: string;
  /** Runs that were rewritten, or would be. */
  readonly touched: readonly TouchedRun[];
  /** Runs and records that were deleted, or would be. */
  readonly deleted: readonly string[];
  /** What could not be done yet, and when to try again. */
  readonly pending: readonly string[];
}

/** Looks through a window; changes nothing. */
export async function lookAtWindow(
  { store, source, isForgotten }: Pick<ForgetDeps, 'store' | 'source' | 'isForgotten'>,
  date: string,
): Promise<{ readonly runs: readonly FoundRun[]; readonly touched: readonly TouchedRun[] }> {
  const runs = await surveyWindow(store, { source, date });
  const complete = runs.filter(({ isComplete }) => isComplete);
  // After a crash its own rewriting may lie behind it already.
  const newest = exportedRun(complete.at(-1)?.run ?? '');
  const touched: TouchedRun[] = [];
  for (const run of complete) {
    const manifest = await readManifest({ store }, run);
    const lines = await countForgotten(store, manifest, isForgotten);
    if (lines > 0) touched.push({ manifest, lines, isNewest: exportedRun(run.run) === newest });
  }
  return { runs, touched };
}

/** Rewrites the runs of a window that hold somebody who is to be forgotten, and deletes what is left of dead ones. */
export async function forgetWindow(deps: ForgetDeps, date: string): Promise<WindowResult> {
  const { touched } = await lookAtWindow(deps, date);
  const pending: string[] = [];
  const done: TouchedRun[] = [];
  for (const run of touched) {
    const ledger = await deps.ledgers.read({ source: deps.source, date });
    if (isBeingDelivered(ledger, run.manifest.run)) {
      pending.push(`run ${run.manifest.run} is being delivered; run this again when it has been`);
      continue;
    }
    await replaceRun(deps, run);
    done.push(run);
  }
  const remains = await clearRemains(deps, date);
  return { date, touched: done, deleted: remains.deleted, pending: [...pending, ...remains.pending] };
}

/** Uploads read a run's parts, and a message that asks for its delivery is under way from the run's end on. */
function isBeingDelivered(ledger: Ledger, run: string): boolean {
  if (openDelivery(ledger)?.run === run) return true;
  return ledger.state === 'exported' && ledger.exported?.run === run;
}

/**
 * Puts a run's kept lines in its place. Stopped anywhere, it is done again from the beginning: the old run is deleted last,
 * and until then it is found and rewritten to the same objects once more.
 */
async function replaceRun(deps: ForgetDeps, { manifest, lines, isNewest }: TouchedRun): Promise<void> {
  const { store, source, record, clock } = deps;
  const { date, run } = manifest;
  const rewritten = await rewriteRun(deps, { manifest, run: rewrittenRun(run, deps.digests), lines });
  await requireStored(store, rewritten);
  await deps.ledgers.update({ source, date }, (ledger) => follow(deps, ledger, manifest, rewritten));
  const reloaded = isNewest && deps.reloads;
  if (reloaded) await askForReload(deps, rewritten);
  // Before the old run is gone: afterwards nobody would know that there was something to note.
  await record.update((found) =>
    withRun(found, {
      date,
      run,
      replacedBy: rewritten.run,
      removed: lines,
      kept: rewritten.records,
      reloaded,
      at: new Date(clock()).toISOString(),
    }),
  );
  await deleteRun(store, { source, date, run });
}

/**
 * The ledger names the new run for the old one. Of streamed rows nothing but a record delete takes any away: they are not
 * to be streamed again for it.
 */
function follow({ reloads }: ForgetDeps, ledger: Ledger, from: Manifest, to: Manifest): Ledger {
  const { exported, activeContentHash } = ledger;
  const isExported = exported?.run === from.run;
  const isStreamed = !reloads && activeContentHash === from.contentHash;
  if (!isExported && !isStreamed) return ledger;
  return {
    ...ledger,
    exported: isExported ? { ...exported, run: to.run } : exported,
    activeContentHash: isStreamed ? to.contentHash : activeContentHash,
  };
}

async function askForReload(deps: ForgetDeps, { date, run }: Manifest): Promise<void> {
  const message: OneWindowMessage = { date, reload: true, reason: deps.reason };
  // The same request however often it is asked for: it opens one delivery.
  await deps.windowQueue.send(message, { attributes: { request: `forget-${run}` } });
}
