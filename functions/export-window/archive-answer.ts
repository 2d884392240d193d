import type { ContentSum } from '../shared/content-hash.ts';
import { describeError } from '../shared/errors.ts';
import type { ForgottenPeople } from '../shared/forgotten.ts';
import type { ManifestPart } from '../shared/manifest.ts';
import { partName, type RunRef } from '../shared/object-keys.ts';
import type { SupersededEntry } from '../shared/superseded.ts';
import type { TimestampEvidence } from '../shared/timestamp-storage.ts';
import { createArchiver } from './archive-lines.ts';
import { createDuplicateIndex, type DuplicateIndex, type Verdict } from './duplicate-index.ts';
import type { ExportDeps } from './export-deps.ts';
import { type AnswerBody, readLines } from './read-answer.ts';
import { createRunWriter, type RunWriter } from './run-writer.ts';
import type { TimeWatch } from './slices/time-watch.ts';

/** The lines of one answer, stored in parts. */
export interface ArchivedLines {
  readonly parts: readonly ManifestPart[];
  readonly duplicates: number;
  /** Parts in order, those without a duplicate left out. */
  readonly superseded: readonly SupersededEntry[];
  readonly content: ContentSum;
  /** False when the last line came without its newline. */
  readonly newlineEnded: boolean;
}

/** What storing an answer needs of the world. */
export type ArchiveDeps = Pick<ExportDeps, 'store' | 'log' | 'limits'>;

export interface ArchiveOptions {
  readonly run: RunRef;
  /** The number of the first part; a run's slices have numbers of their own. */
  readonly firstPart: number;
  /** Keys of what `complete` may store, to be deleted like the parts. */
  readonly beside: readonly string[];
  readonly answer: AnswerBody;
  /** Removes from a line what must not be stored; returns the same buffer where there is nothing. */
  readonly filter: (line: Buffer) => Buffer;
  readonly forgotten: ForgottenPeople;
  /** Absent when it is known how the source stores time. */
  readonly evidence: TimestampEvidence | undefined;
  readonly watch: Pick<TimeWatch, 'see'> | undefined;
  readonly signal: AbortSignal;
}

/**
 * Stores the lines of an answer, and what else `complete` makes of them. When any of it fails, the parts are deleted.
 *
 * @param complete stores what goes with the parts; nothing that makes them count, as its failure undoes them.
 */
export async function archiveAnswer<Result>(
  deps: ArchiveDeps,
  options: ArchiveOptions,
  complete: (archived: ArchivedLines) => Promise<Result>,
): Promise<Result> {
  const { store, log, limits = {} } = deps;
  const { run, firstPart, forgotten, signal } = options;
  const writer = createRunWriter({ store, run, firstPart, log, signal, limits });
  const index = createDuplicateIndex(limits.temporaryDirectory);
  try {
    const newlineEnded = await archiveLines(deps, options, writer, index);
    const parts = await writer.finish();
    const verdict = index.judge((part) => parts[part]?.records ?? 0);
    const { duplicates, content } = verdict;
    const superseded = supersededEntries(verdict, firstPart);
    const result = await complete({ parts, duplicates, superseded, content, newlineEnded });
    // What makes the parts count must not be begun by a function that is about to be stopped.
    signal.throwIfAborted();
    await forgotten.requireUnchanged();
    return result;
  } catch (error) {
    log.warn('Export:Run:Failed', { window: run.date, run: run.run, error: describeError(error) });
    await writer.abandon(error, options.beside);
    throw error;
  } finally {
    index.close();
  }
}

async function archiveLines(
  { log, limits = {} }: ArchiveDeps,
  { run, answer, filter, forgotten, evidence, watch, signal }: ArchiveOptions,
  writer: RunWriter,
  index: DuplicateIndex,
): Promise<boolean> {
  const context = { source: run.source, window: run.date, run: run.run };
  const { isForgotten } = forgotten;
  const archiver = createArchiver({ writer, index, evidence, watch, filter, isForgotten, context });
  const newlineEnded = await readLines(answer, archiver, {
    context,
    signal,
    maxLineBytes: limits.maxLineBytes,
  });
  const lines = archiver.forgotten;
  if (lines > 0) log.info('Export:Lines:Forgotten', { window: run.date, run: run.run, lines });
  return newlineEnded;
}

function supersededEntries({ superseded }: Verdict, firstPart: number): SupersededEntry[] {
  return [...superseded.keys()]
    .sort((one, other) => one - other)
    .map((part) => [partName(firstPart + part), superseded.get(part) ?? []]);
}
