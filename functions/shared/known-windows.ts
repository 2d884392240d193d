import * as z from 'zod';
import { ConfigError, describeError } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { ledgerSchema } from './ledger.ts';
import { ledgerPrefix } from './object-keys.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { parseJsonWith } from './parse.ts';
import { digestOf, type WindowDigest, windowDigestSchema } from './window-digest.ts';

/** Every window of a source that a ledger knows, oldest first. */
export interface KnownWindows {
  readonly windows: readonly WindowDigest[];
  /** Ledgers that can't be read, which nothing but a hand can have caused. */
  readonly unreadable: readonly { readonly key: string; readonly problem: string }[];
}

/** Digests by ledger key, each of them true for the object with that ETag and no other. */
export const digestEntriesSchema = z.record(
  z.string(),
  z.object({ etag: z.string(), digest: windowDigestSchema }),
);
export type DigestEntries = z.output<typeof digestEntriesSchema>;

/** What was read before, so that ledgers that have not changed since need not be read again. */
export interface DigestCache {
  read(): DigestEntries;
  write(entries: DigestEntries): void;
}

/** For those who look once: every ledger is read. */
export const noDigestCache: DigestCache = { read: () => ({}), write: () => {} };

/** Requests at once, as many as the SDK has connections: a thousand ledgers are read in a second or two. */
const readsAtOnce = 50;

/**
 * Lists the ledgers, a thousand in a request, and reads those that have changed since the cache was written, many at
 * a time.
 */
export async function readWindows(
  store: ObjectStore,
  source: string,
  cache: DigestCache,
): Promise<KnownWindows> {
  const before = cache.read();
  const objects: StoredObject[] = [];
  for await (const object of store.list(ledgerPrefix(source))) objects.push(object);
  const unreadable: { key: string; problem: string }[] = [];
  let changed = 0;
  const read = await inParallel(objects, readsAtOnce, async ({ key, etag }) => {
    const known = before[key];
    if (known !== undefined && known.etag === etag) return { key, entry: known };
    changed += 1;
    try {
      return { key, entry: await readLedger(store, key) };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      unreadable.push({ key, problem: describeError(error) });
      return { key, entry: undefined };
    }
  });
  const entries: DigestEntries = {};
  for (const { key, entry } of read) if (entry !== undefined) entries[key] = entry;
  if (changed > 0 || Object.keys(before).length > objects.length) cache.write(entries);
  const windows = Object.values(entries)
    .map(({ digest }) => digest)
    .sort((one, other) => one.summary.date.localeCompare(other.summary.date));
  return { windows, unreadable };
}

async function readLedger(store: ObjectStore, key: string) {
  const found = await store.getText(key);
  // Deleted between listing and reading: nobody but an operator does that.
  if (found === undefined) return undefined;
  return {
    etag: found.etag,
    digest: digestOf(parseJsonWith(ledgerSchema, found.text, `reading the ledger ${key}`)),
  };
}
