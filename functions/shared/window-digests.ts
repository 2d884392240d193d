import * as z from 'zod';
import { digestsKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { parseJsonWith } from './parse.ts';
import { windowDigestSchema } from './window-digest.ts';

const digestEntriesSchema = z.record(z.string(), z.object({ etag: z.string(), digest: windowDigestSchema }));

/** Digests by ledger key, each of them true for the object with that ETag and no other. */
export type DigestEntries = z.output<typeof digestEntriesSchema>;

/** What was read of ledgers before, so that those that have not changed since need not be read again. */
export interface KnownDigests {
  read(): Promise<DigestEntries>;
  write(entries: DigestEntries): Promise<void>;
}

/**
 * Of a source, as they lie in the archive bucket. They say nothing that the ledgers don't say. The version changes with
 * the digest's form and with how it is made from a ledger.
 */
const storedDigestsSchema = z.object({ version: z.literal(1), ledgers: digestEntriesSchema });

/**
 * The digests in the archive bucket. Whatever lies there that can't be used is as good as nothing: it costs the time to
 * read every ledger, and is written anew. Of two writers the later one leaves what the other wrote, which is as true.
 *
 * @param onFailure told when they could not be written, which keeps nobody from knowing the windows.
 */
export function createStoredDigests(
  store: ObjectStore,
  source: string,
  onFailure: (error: unknown) => void,
): KnownDigests {
  const key = digestsKey(source);
  let etag: string | undefined;
  return {
    async read() {
      const found = await store.getText(key);
      etag = found?.etag;
      return found === undefined ? {} : entriesIn(found.text);
    },
    async write(ledgers) {
      const stored: z.input<typeof storedDigestsSchema> = { version: 1, ledgers };
      const precondition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag };
      try {
        await store.put(key, JSON.stringify(stored), { precondition });
      } catch (error) {
        onFailure(error);
      }
    },
  };
}

/** Reads the digests in the bucket once, writes none there, and keeps for the next look what it was given. */
export function createRememberedDigests(store: ObjectStore, source: string): KnownDigests {
  let remembered: DigestEntries | undefined;
  return {
    async read() {
      if (remembered !== undefined) return remembered;
      const found = await store.getText(digestsKey(source));
      remembered = found === undefined ? {} : entriesIn(found.text);
      return remembered;
    },
    async write(entries) {
      remembered = entries;
    },
  };
}

function entriesIn(text: string): DigestEntries {
  try {
    return parseJsonWith(storedDigestsSchema, text, 'reading what was read of the ledgers').ledgers;
  } catch {
    return {};
  }
}
