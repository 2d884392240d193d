import type { ErrorContext } from '../shared/errors.ts';
import type { IsForgotten } from '../shared/forgotten.ts';
import { lineDigest, recordDigest } from '../shared/record-identity.ts';
import { addEvidence, type TimestampEvidence } from '../shared/timestamp-storage.ts';
import type { DuplicateIndex } from './duplicate-index.ts';
import type { EventFacts } from './event-scanner.ts';
import { parseLine } from './parse-line.ts';
import type { LineSink } from './read-answer.ts';
import type { RunWriter } from './run-writer.ts';
import type { TimeWatch } from './slices/time-watch.ts';

export interface ArchiveOptions {
  readonly writer: Pick<RunWriter, 'hasRoom' | 'makeRoom' | 'append'>;
  readonly index: Pick<DuplicateIndex, 'add'>;
  /** Absent when it is known how the source stores time. */
  readonly evidence: TimestampEvidence | undefined;
  readonly watch: Pick<TimeWatch, 'see'> | undefined;
  /** Removes from a line what must not be stored; returns the same buffer where there is nothing. */
  readonly filter: (line: Buffer) => Buffer;
  /** Absent where nobody was ever forgotten. */
  readonly isForgotten: IsForgotten | undefined;
  readonly context: ErrorContext;
}

export interface Archiver extends LineSink {
  /** Lines that were not stored, because they name somebody who is to be forgotten. */
  readonly forgotten: number;
}

/**
 * What happens to each line: it is proven to be an event, left out if it names somebody who is to be forgotten, rid of
 * what privacy forbids to store, archived, and entered in the duplicate index as it was archived, so that load-window,
 * which sees nothing else, finds the same keys.
 */
export function createArchiver(options: ArchiveOptions): Archiver {
  const { writer, index, evidence, watch, filter, isForgotten, context } = options;
  let forgotten = 0;
  const archive = (line: Buffer, event: EventFacts, processed: unknown) => {
    const digest = lineDigest(line);
    index.add({ key: recordDigest(event, () => digest), digest, processed, ...writer.append(line) });
  };
  return {
    get forgotten() {
      return forgotten;
    },
    line(sent, number) {
      const sentEvent = parseLine(sent, number, context);
      if (evidence !== undefined) addEvidence(evidence, sentEvent);
      watch?.see(sentEvent.properties.time, sent.length);
      // As it was sent: privacy may drop the ids, or replace them.
      if (isForgotten?.(sent) === true) {
        forgotten += 1;
        return undefined;
      }
      const line = filter(sent);
      const event = line === sent ? sentEvent : parseLine(line, number, context);
      const processed = sentEvent.properties.mp_processing_time_ms;
      if (!writer.hasRoom(line.length)) {
        return writer.makeRoom(line.length).then(() => archive(line, event, processed));
      }
      archive(line, event, processed);
      return undefined;
    },
  };
}
