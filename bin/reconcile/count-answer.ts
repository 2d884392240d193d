import { createArchiver } from '../../functions/export-window/archive-lines.ts';
import { createDuplicateIndex, type DuplicateIndex } from '../../functions/export-window/duplicate-index.ts';
import { type AnswerBody, readLines } from '../../functions/export-window/read-answer.ts';
import { contentHashOf } from '../../functions/shared/content-hash.ts';
import type { ErrorContext } from '../../functions/shared/errors.ts';
import type { IsForgotten } from '../../functions/shared/forgotten.ts';

/** What an answer has, counted as an export counts what it stores. */
export interface CountedAnswer {
  /** All lines, duplicates included; not those of the forgotten, which an export does not store. */
  readonly received: number;
  readonly duplicates: number;
  /** Lines left out because they name somebody who was forgotten. */
  readonly forgotten: number;
  /** Of those received, how many Mixpanel processed after the moment asked about. */
  readonly processedSince: number;
  readonly contentHash: string;
}

export interface CountOptions {
  readonly answer: AnswerBody;
  /** Removes from a line what must not be stored: what is counted must have the content of what would be stored. */
  readonly filter: (line: Buffer) => Buffer;
  readonly isForgotten: IsForgotten | undefined;
  /** Epoch milliseconds. */
  readonly sinceMs: number;
  readonly context: ErrorContext;
  /** Called as lines are read, and told how many. */
  readonly progress: (lines: number) => void;
}

const progressEvery = 10_000;

/**
 * Reads an answer to its end by the export's own code, which proves that it is whole, and stores nothing of it. What it
 * takes is what an export takes to find duplicates: 48 bytes an event in the system's directory for temporary storage.
 *
 * @throws {RetryableError} `export_incomplete`
 */
export async function countAnswer(options: CountOptions): Promise<CountedAnswer> {
  const index = createDuplicateIndex();
  try {
    const { received, forgotten, processedSince } = await readAll(options, index);
    const { duplicates, content } = index.judge(() => received);
    return { received, duplicates, forgotten, processedSince, contentHash: contentHashOf([content]) };
  } finally {
    index.close();
  }
}

async function readAll(
  { answer, filter, isForgotten, sinceMs, context, progress }: CountOptions,
  index: DuplicateIndex,
) {
  let received = 0;
  let processedSince = 0;
  const archiver = createArchiver({
    // Room for all, as nothing is kept: a run of one part.
    writer: {
      hasRoom: () => true,
      makeRoom: () => Promise.resolve(),
      append: () => ({ part: 0, line: received++ }),
    },
    index: {
      add(line) {
        if (typeof line.processed === 'number' && line.processed > sinceMs) processedSince += 1;
        index.add(line);
      },
    },
    evidence: undefined,
    watch: undefined,
    filter,
    isForgotten,
    context,
  });
  const sink = {
    line(line: Buffer, number: number) {
      if (number % progressEvery === 0) progress(number);
      return archiver.line(line, number);
    },
  };
  // Ctrl-C ends the process, and with it all that there is of the count.
  await readLines(answer, sink, { context, signal: new AbortController().signal, maxLineBytes: undefined });
  return { received, forgotten: archiver.forgotten, processedSince };
}
