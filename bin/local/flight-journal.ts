import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const flightSchema = z.object({
  /** The queue's name, not its URL: the embedded AWS may listen on another port when the journal is read. */
  queue: z.string().min(1),
  receiptHandles: z.array(z.string().min(1)).min(1),
});

/** Messages that were handed to an invocation. */
export type Flight = z.output<typeof flightSchema>;

/**
 * Remembers which messages are with an invocation. When the host is killed, its functions are gone for certain, but
 * the queue would hide their messages until the visibility ends; with the journal, the next host shows them at once.
 */
export interface FlightJournal {
  /** @returns forgets the flight again. */
  begin(flight: Flight): () => void;
  /** What an earlier host left behind. */
  leftOver(): { readonly flight: Flight; readonly forget: () => void }[];
}

/** One small file per flight: written whole before the invocation begins, removed after it has ended. */
export function openFlightJournal(dir: string): FlightJournal {
  mkdirSync(dir, { recursive: true });
  const forget = (file: string) => () => rmSync(file, { force: true });
  return {
    begin(flight) {
      const file = join(dir, `${randomUUID()}.json`);
      // Under another name first: a host killed while writing leaves no half entry.
      writeFileSync(`${file}.new`, JSON.stringify(flight));
      renameSync(`${file}.new`, file);
      return forget(file);
    },
    leftOver() {
      return readdirSync(dir).flatMap((name) => {
        const file = join(dir, name);
        const flight = name.endsWith('.json') ? readFlight(file) : undefined;
        if (flight === undefined) {
          forget(file)();
          return [];
        }
        return [{ flight, forget: forget(file) }];
      });
    },
  };
}

function readFlight(file: string): Flight | undefined {
  try {
    return flightSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // An entry that can't be read only costs time: its messages come back when their visibility ends.
    return undefined;
  }
}
