import { ConnectorError, describeError } from '../../functions/shared/errors.ts';
import { runOfKey, runOfManifestKey, sourcePrefix } from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import type { ProgressLine } from '../operator/progress-line.ts';
import { fateOf } from './clear-remains.ts';
import type { ForgetDeps } from './forget-deps.ts';
import { forgetWindow, lookAtWindow, type WindowResult } from './forget-window.ts';

/** Rounds after which windows that still get new runs are left for another call. */
const maxRounds = 3;

type LookDeps = Pick<ForgetDeps, 'store' | 'source' | 'isForgotten' | 'isOnList' | 'clock'>;

/** What there is to do in each window, oldest first; nothing is changed. */
export async function lookAtWindows(deps: LookDeps, progress: ProgressLine): Promise<WindowResult[]> {
  return eachWindow(await datesOf(deps), progress, async (date) => {
    const { runs, touched } = await lookAtWindow(deps, date);
    const deleted: string[] = [];
    const pending: string[] = [];
    for (const run of runs.filter(({ isComplete }) => !isComplete)) {
      const fate = await fateOf(deps, run, runs);
      if (fate === 'delete') deleted.push(run.run);
      else if (fate !== 'keep') pending.push(fate.pending);
    }
    return { date, touched, deleted, pending };
  });
}

/**
 * Goes through all windows of a source, and once more through those that got a run meanwhile: an export that was at its
 * last step when the list changed may have stored somebody.
 */
export async function forgetWindows(deps: ForgetDeps, progress: ProgressLine): Promise<WindowResult[]> {
  const results: WindowResult[] = [];
  let dates = await datesOf(deps);
  for (let round = 0; round < maxRounds && dates.length > 0; round += 1) {
    const before = await completeRuns(deps);
    results.push(...(await eachWindow(dates, progress, (date) => forgetWindow(deps, date))));
    const made = new Set(
      (await deps.record.update((found) => found)).runs.map((run) => `${run.date}/${run.replacedBy}`),
    );
    dates = [...(await completeRuns(deps))]
      .filter(([run]) => !before.has(run) && !made.has(run))
      .map(([, date]) => date);
  }
  return results;
}

async function eachWindow(
  dates: readonly string[],
  progress: ProgressLine,
  act: (date: string) => Promise<WindowResult>,
): Promise<WindowResult[]> {
  const results: WindowResult[] = [];
  for (const [index, date] of dates.entries()) {
    progress.bar(index, dates.length, 'windows');
    results.push(await withoutStopping(date, act));
  }
  return results;
}

/** A window that can't be read keeps nobody else's from being done. */
async function withoutStopping(
  date: string,
  act: (date: string) => Promise<WindowResult>,
): Promise<WindowResult> {
  try {
    return await act(date);
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { date, touched: [], deleted: [], pending: [describeError(error)] };
  }
}

/** Days of which the bucket has exported, unfinished or rejected records. */
async function datesOf({ store, source }: Pick<ForgetDeps, 'store' | 'source'>): Promise<string[]> {
  const dates = new Set<string>();
  for (const prefix of ['raw', 'checkpoints', 'rejected'] as const) {
    for await (const { key } of store.list(sourcePrefix(prefix, source))) {
      const date = runOfKey(key)?.date;
      if (date !== undefined) dates.add(date);
    }
  }
  return [...dates].sort();
}

async function completeRuns({
  store,
  source,
}: {
  readonly store: Pick<ObjectStore, 'list'>;
  readonly source: string;
}): Promise<Map<string, string>> {
  const runs = new Map<string, string>();
  for await (const { key } of store.list(sourcePrefix('raw', source))) {
    const date = runOfManifestKey(key) === undefined ? undefined : runOfKey(key);
    if (date !== undefined) runs.set(`${date.date}/${date.run}`, date.date);
  }
  return runs;
}
