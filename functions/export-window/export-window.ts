import { openForgotten } from '../shared/forgotten.ts';
import { timeSortedId } from '../shared/ids.ts';
import type { Manifest } from '../shared/manifest.ts';
import type { ExportAnswer } from '../shared/mixpanel/mixpanel-client.ts';
import { type RunRef, supersededKey } from '../shared/object-keys.ts';
import { createPrivacyFilter } from '../shared/privacy.ts';
import { writeSuperseded } from '../shared/superseded.ts';
import { createTimestampEvidence } from '../shared/timestamp-storage.ts';
import { warnOfAnswer } from './answer-warnings.ts';
import { archiveAnswer } from './archive-answer.ts';
import type { ExportDeps } from './export-deps.ts';
import { decideTimestamps, knownTimestamps } from './resolve-timestamps.ts';
import { createManifest, writeManifest } from './run-manifest.ts';
import type { TimeWatch } from './slices/time-watch.ts';

/** What is to be exported. */
export interface ExportTarget {
  readonly date: string;
  /** Sees the lines that come, for whoever must cut the window in slices. @default nobody does */
  readonly watch?: Pick<TimeWatch, 'see'>;
}

export interface ExportedRun {
  readonly manifest: Manifest;
  /** What an operator should know although the run is complete. */
  readonly warnings: readonly string[];
}

/**
 * Exports a window by one query, until the signal aborts: Mixpanel → parts → which lines are superseded → manifest, in
 * this order, so that a manifest is there only when everything that it names is. A run that fails leaves nothing
 * visible.
 *
 * @throws {RetryableError} when the export can't be proven complete, or store or Mixpanel fail in passing.
 * @throws {TerminalError} when Mixpanel refuses for good, or it stays open how the source stores time.
 */
export async function exportWindow(
  deps: ExportDeps,
  { date, watch }: ExportTarget,
  signal: AbortSignal = new AbortController().signal,
): Promise<ExportedRun> {
  const { settings, clock, log, store } = deps;
  const startedMs = clock();
  const run: RunRef = { source: settings.id, date, run: timeSortedId(startedMs) };
  // All of these can fail for a reason of our own: not a query is spent then.
  const filter = createPrivacyFilter({ ...settings.privacy, key: deps.privacyKey });
  const forgotten = await openForgotten(store, settings.id);
  const known = await knownTimestamps(deps);
  const evidence = known === undefined ? createTimestampEvidence(settings.mixpanel.timezone) : undefined;
  log.info('Export:Run:Started', { window: date, run: run.run });
  const { events, where } = settings.mixpanel;
  const answer = await requestExport(deps, { run, events, where, signal });
  const beside = [supersededKey(run)] as const;
  const archived = await archiveAnswer(
    deps,
    { run, firstPart: 0, beside, answer, filter, forgotten, evidence, watch, signal },
    async (lines) => {
      const timestamps = known ?? (await decideTimestamps(deps, evidence?.counts(), run));
      if (lines.duplicates > 0) await writeSuperseded(store, beside[0], lines.superseded, signal);
      return { ...lines, timestamps };
    },
  );
  const manifest = createManifest({
    ...archived,
    run,
    startedAt: new Date(startedMs).toISOString(),
    completedAt: new Date(clock()).toISOString(),
    requests: answer.requests,
    content: [archived.content],
    timezone: settings.mixpanel.timezone,
  });
  await writeManifest(deps, manifest);
  return { manifest, warnings: warnOfAnswer(log, run, { ...answer, ...archived }) };
}

/** What a query is about. */
export interface ExportQuery {
  readonly run: RunRef;
  readonly events: readonly string[] | undefined;
  readonly where: string | undefined;
  readonly signal: AbortSignal;
}

/** Begins the export of a run's window, or of what `where` selects of it. */
export function requestExport(
  { mixpanel }: ExportDeps,
  { run, events, where, signal }: ExportQuery,
): Promise<ExportAnswer> {
  const context = { source: run.source, window: run.date, run: run.run };
  return mixpanel.exportWindow({ fromDate: run.date, toDate: run.date, events, where, context, signal });
}
