import { describeError } from '../../functions/shared/errors.ts';
import { dateOfLedgerKey, ledgerPrefix } from '../../functions/shared/object-keys.ts';
import { grouped } from '../local/progress-view.ts';
import type { CommandOutput } from '../operator/command-output.ts';
import type { Operator, OperatorSource } from '../operator/open-operator.ts';
import type { ProgressLine } from '../operator/progress-line.ts';
import { keepReconciliation } from './kept-reconciliation.ts';
import { type OpenPlatform, openPlatform } from './open-platform.ts';
import { reconcileWindows } from './reconcile-windows.ts';
import type { Reconciliation } from './reconciliation.ts';
import { type Sample, sampleWindow } from './sample-window.ts';

/** What one window's check found. */
export interface WindowCheck {
  /** Undefined where nothing is known of the window. */
  readonly reconciliation: Reconciliation | undefined;
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

/** Holds one window to Platform; with `sampleRows`, some of its rows too. */
export async function checkWindow(
  operator: Operator,
  source: OperatorSource,
  { date, sampleRows, output, progress }: WindowAsked,
): Promise<WindowCheck> {
  const platform = openPlatform(operator, source);
  const [reconciliation] = await check({ operator, source, output, progress, platform }, [date], false);
  if (reconciliation === undefined || sampleRows === undefined) return { reconciliation, sample: undefined };
  const { settings } = source;
  const onLines = (lines: number) => progress.text(`${grouped(lines)} lines read …`);
  const deps = { settings, store: operator.store, client: platform.client, progress: onLines };
  const sample = await sampleWindow(deps, reconciliation, sampleRows).finally(progress.clear);
  return { reconciliation, sample };
}

/** Whether a check found what it should, and all that it was asked to look at. */
export function isSound({ reconciliation, sample }: WindowCheck): boolean {
  if (reconciliation !== undefined && reconciliation.differences.length > 0) return false;
  if (sample === undefined) return true;
  if (sample.kind === 'skipped') return false;
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
