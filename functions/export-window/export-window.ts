import { RetryableError } from '../shared/errors.ts';
import { timeSortedId } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import type { Manifest, ManifestPart } from '../shared/manifest.ts';
import { projectSecretEnd } from '../shared/mixpanel/credentials.ts';
import type { ExportAnswer, MixpanelClient } from '../shared/mixpanel/mixpanel-client.ts';
import { manifestKey, type RunRef } from '../shared/object-keys.ts';
import type { ObjectStore } from '../shared/object-store.ts';
import { createPrivacyFilter } from '../shared/privacy.ts';
import type { SourceSettings } from '../shared/source-settings.ts';
import { archiveRun } from './archive-run.ts';
import { planTimestamps } from './resolve-timestamps.ts';
import type { ArchiveLimits } from './run-writer.ts';

/** What exporting needs of the world. */
export interface ExportDeps {
  readonly store: ObjectStore;
  readonly mixpanel: Pick<MixpanelClient, 'exportWindow'>;
  readonly settings: SourceSettings;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: Log;
  /** The key of hashed properties; required where the source hashes any. */
  readonly privacyKey?: string;
  readonly limits?: ExportLimits;
}

export interface ExportLimits extends ArchiveLimits {
  readonly maxLineBytes?: number;
  /** Where the duplicate index may spill to. @default the system's directory for temporary storage */
  readonly temporaryDirectory?: string;
}

export interface ExportedRun {
  readonly manifest: Manifest;
  /** What an operator should know although the run is complete. */
  readonly warnings: readonly string[];
}

/**
 * Exports a window once, until the signal aborts: Mixpanel → parts → which lines are superseded → manifest, in this order, so that a manifest is
 * there only when everything that it names is. A run that fails leaves nothing visible.
 *
 * @throws {RetryableError} when the export can't be proven complete, or store or Mixpanel fail in passing.
 * @throws {TerminalError} when Mixpanel refuses for good, or it stays open how the source stores time.
 */
export async function exportWindow(
  deps: ExportDeps,
  { date }: { readonly date: string },
  signal: AbortSignal = new AbortController().signal,
): Promise<ExportedRun> {
  const { settings, clock, log } = deps;
  const startedMs = clock();
  const run: RunRef = { source: settings.id, date, run: timeSortedId(startedMs) };
  // Both can fail for a reason of our own: not a query is spent then.
  const filter = createPrivacyFilter({ ...settings.privacy, key: deps.privacyKey });
  const plan = await planTimestamps(deps);
  log.info('Export:Run:Started', { window: date, run: run.run });
  const answer = await requestExport(deps, run, signal);
  const archived = await archiveRun(deps, { run, answer, plan, filter, signal });
  const manifest: Manifest = {
    version: 1,
    ...run,
    startedAt: new Date(startedMs).toISOString(),
    completedAt: new Date(clock()).toISOString(),
    requests: answer.requests,
    parts: [...archived.parts],
    records: total(archived.parts, 'records'),
    duplicates: archived.duplicates,
    bytes: total(archived.parts, 'bytes'),
    contentHash: archived.contentHash,
    timestamps: archived.timestamps,
    timezone: archived.timestamps === 'utc' ? 'UTC' : settings.mixpanel.timezone,
  };
  await writeManifest(deps.store, manifest);
  log.info('Export:Run:Completed', {
    window: date,
    run: run.run,
    parts: manifest.parts.length,
    records: manifest.records,
    duplicates: manifest.duplicates,
    bytes: manifest.bytes,
    requests: manifest.requests,
    durationMs: clock() - startedMs,
  });
  return { manifest, warnings: warningsOf(deps, manifest, answer, archived.newlineEnded) };
}

function requestExport(
  { mixpanel, settings }: ExportDeps,
  run: RunRef,
  signal: AbortSignal,
): Promise<ExportAnswer> {
  const { events, where } = settings.mixpanel;
  const context = { source: run.source, window: run.date, run: run.run };
  return mixpanel.exportWindow({ fromDate: run.date, toDate: run.date, events, where, context, signal });
}

/**
 * Not undone on failure: whether a manifest that was sent has arrived is not known then, and if it has, the run is
 * complete and its parts must stay.
 */
async function writeManifest(store: ObjectStore, manifest: Manifest): Promise<void> {
  const key = manifestKey(manifest);
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  if (await store.put(key, text, { precondition: { ifAbsent: true } })) return;
  // The client repeats a put whose answer was lost, and then meets its own first one.
  const there = await store.getText(key);
  if (there?.text === text) return;
  throw new RetryableError('manifest_taken', `writing ${key}: another manifest is there`);
}

function warningsOf(
  { log }: ExportDeps,
  { date, run }: Manifest,
  { credential }: ExportAnswer,
  newlineEnded: boolean,
): string[] {
  const warnings: string[] = [];
  if (!newlineEnded) {
    warnings.push('the last line came without its newline');
    log.warn('Export:Run:NewlineMissing', { window: date, run });
  }
  if (credential === 'projectSecret') {
    warnings.push(`Mixpanel switches project secrets off on ${projectSecretEnd}: use a service account`);
    log.warn('Export:Credential:Legacy', { window: date, run, endsOn: projectSecretEnd });
  }
  return warnings;
}

function total(parts: readonly ManifestPart[], of: 'records' | 'bytes'): number {
  return parts.reduce((sum, part) => sum + part[of], 0);
}
