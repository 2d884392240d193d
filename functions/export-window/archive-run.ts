import { describeError } from '../shared/errors.ts';
import type { Manifest, ManifestPart } from '../shared/manifest.ts';
import type { ExportAnswer } from '../shared/mixpanel/mixpanel-client.ts';
import type { RunRef } from '../shared/object-keys.ts';
import { writeSuperseded } from '../shared/superseded.ts';
import { createArchiver } from './archive-lines.ts';
import { createDuplicateIndex, type DuplicateIndex, type Verdict } from './duplicate-index.ts';
import type { ExportDeps } from './export-window.ts';
import { readLines } from './read-answer.ts';
import { resolveTimestamps, type TimestampPlan } from './resolve-timestamps.ts';
import { createRunWriter, type RunWriter } from './run-writer.ts';

export interface ArchivedRun {
  readonly parts: readonly ManifestPart[];
  readonly duplicates: number;
  readonly contentHash: string;
  readonly timestamps: Manifest['timestamps'];
  /** False when the last line came without its newline. */
  readonly newlineEnded: boolean;
}

export interface ArchiveRunOptions {
  readonly run: RunRef;
  readonly answer: ExportAnswer;
  readonly plan: TimestampPlan;
  /** Removes from a line what must not be stored; returns the same buffer where there is nothing. */
  readonly filter: (line: Buffer) => Buffer;
  readonly signal: AbortSignal;
}

/**
 * Stores all of a run but its manifest. When any of it fails, what was stored is deleted.
 */
export async function archiveRun(deps: ExportDeps, options: ArchiveRunOptions): Promise<ArchivedRun> {
  const { store, log, limits = {} } = deps;
  const { run, plan, signal } = options;
  const writer = createRunWriter({ store, run, log, signal, limits });
  const index = createDuplicateIndex(limits.temporaryDirectory);
  try {
    const newlineEnded = await archiveLines(deps, options, writer, index);
    const parts = await writer.finish();
    const verdict = index.judge((part) => parts[part]?.records ?? 0);
    await storeSuperseded(deps, options, verdict);
    const timestamps = await resolveTimestamps(deps, plan, run);
    // The manifest must not be begun by a function that is about to be stopped.
    signal.throwIfAborted();
    return { parts, ...verdict, timestamps, newlineEnded };
  } catch (error) {
    log.warn('Export:Run:Failed', { window: run.date, run: run.run, error: describeError(error) });
    await writer.abandon(error);
    throw error;
  } finally {
    index.close();
  }
}

function archiveLines(
  { limits = {} }: ExportDeps,
  { run, answer, plan, filter, signal }: ArchiveRunOptions,
  writer: RunWriter,
  index: DuplicateIndex,
): Promise<boolean> {
  const context = { source: run.source, window: run.date, run: run.run };
  const archiver = createArchiver({
    writer,
    index,
    evidence: plan.evidence,
    filter,
    context,
  });
  return readLines(answer, archiver, { context, signal, maxLineBytes: limits.maxLineBytes });
}

async function storeSuperseded(
  { store }: ExportDeps,
  { run, signal }: ArchiveRunOptions,
  { duplicates, superseded }: Verdict,
): Promise<void> {
  if (duplicates > 0) await writeSuperseded(store, run, superseded, signal);
}
