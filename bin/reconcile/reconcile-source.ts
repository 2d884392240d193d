import { describeError } from '../../functions/shared/errors.ts';
import { dateOfLedgerKey, ledgerPrefix } from '../../functions/shared/object-keys.ts';
import { grouped } from '../local/progress-view.ts';
import type { CommandOutput } from '../operator/command-output.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import type { ProgressLine } from '../operator/progress-line.ts';
import { keepReconciliation } from './kept-reconciliation.ts';
import { openMixpanel } from './open-mixpanel.ts';
import { type OpenPlatform, openPlatform } from './open-platform.ts';
import { reconcileWindows } from './reconcile-windows.ts';
import type { Reconciliation } from './reconciliation.ts';
import { type Recount, recountDifferences } from './recount.ts';
import { recountWindow } from './recount-window.ts';
import { type Sample, sampleWindow } from './sample-window.ts';

/** What one window's check found. */
export interface WindowCheck {
  /** Undefined where nothing is known of the window. */
  readonly reconciliation: Reconciliation | undefined;
  /** What Mixpanel has; undefined where that was not asked for. */
  readonly recount: Recount | undefined;
  /** Undefined where none was asked for. */
  readonly sample: Sample | undefined;
}

/** What a check tells while it goes on. */
interface Telling {
  readonly output: CommandOutput;
  readonly progress: ProgressLine;
}

interface WindowAsked extends Telling {
  readonly date: string;
  readonly sampleRows: number | undefined;
  readonly recount: boolean;
}

/** Holds every window of a source to Platform, and keeps what was found for `status`. */
export async function reconcileSource(
  operator: Operator,
  source: OperatorSource,
  { output, progress }: Telling,
): Promise<void> {
  const dates: string[] = [];
  for await (const { key } of operator.store.list(ledgerPrefix(source.settings.id))) {
    const date = dateOfLedgerKey(key);
    if (date !== undefined) dates.push(date);
  }
  const platform = openPlatform(operator, source);
  await check({ operator, source, output, progress, platform }, dates, true);
}

/** Holds one window to Platform; with `sampleRows`, some of its rows too; with `recount`, to what Mixpanel has now. */
export async function checkWindow(
  operator: Operator,
  source: OperatorSource,
  { date, sampleRows, recount: isRecounted, output, progress }: WindowAsked,
): Promise<WindowCheck> {
  const place = { operator, source, output, progress, platform: openPlatform(operator, source) };
  const [found] = await check(place, [date], false);
  const sample =
    found === undefined || sampleRows === undefined ? undefined : await sampleOf(place, found, sampleRows);
  // Last, as it takes longest.
  const recount = isRecounted ? await recountOf(place, found) : undefined;
  if (found === undefined || recount === undefined) return { reconciliation: found, recount, sample };
  const differences = [...recountDifferences(recount), ...found.differences];
  return { reconciliation: { ...found, differences }, recount, sample };
}

function sampleOf(
  { operator, source, progress, platform }: CheckPlace,
  found: Reconciliation,
  rows: number,
): Promise<Sample> {
  const { settings } = source;
  const onLines = (lines: number) => progress.text(`${grouped(lines)} lines read …`);
  const deps = { settings, store: operator.store, client: platform.client, progress: onLines };
  return sampleWindow(deps, found, rows).finally(progress.clear);
}

async function recountOf(
  { operator, source, progress }: CheckPlace,
  found: Reconciliation | undefined,
): Promise<Recount> {
  if (found === undefined) return { kind: 'skipped', why: 'nothing is known of the window' };
  const { settings } = source;
  const mixpanel = openMixpanel(operator, source);
  const deps = { settings, store: operator.store, mixpanel, clock: Date.now, progress };
  return recountWindow(deps, found).finally(progress.clear);
}

/** Whether a check found what it should, and all that it was asked to look at. */
export function isSound({ reconciliation, recount, sample }: WindowCheck): boolean {
  if (reconciliation !== undefined && reconciliation.differences.length > 0) return false;
  if (recount?.kind === 'skipped' || sample?.kind === 'skipped') return false;
  if (sample === undefined) return true;
  return sample.differing.length === 0 && sample.notOfRun === 0 && sample.same > 0;
}

interface CheckPlace extends Telling {
  readonly operator: Operator;
  readonly source: OperatorSource;
  readonly platform: OpenPlatform;
}

async function check(
  { operator, source, output, progress, platform }: CheckPlace,
  dates: readonly string[],
  isWhole: boolean,
): Promise<Reconciliation[]> {
  const { store, config } = operator;
  const { id, platform: target } = source.settings;
  const place = { stackName: config.stackName, source: id, datasetId: target.datasetId };
  const found = await reconcileWindows(
    { ...place, store, batches: platform.batches, clock: Date.now, progress },
    dates,
  ).finally(progress.clear);
  try {
    await keepReconciliation(store, id, { found, isWhole, nowMs: Date.now() });
  } catch (error) {
    // Whoever may only read gets the answer all the same; the overview then does not know of it.
    output.note(`what was found could not be kept for the overview: ${describeError(error)}\n`);
  }
  return found;
}
