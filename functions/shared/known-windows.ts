import { inParallel } from './in-parallel.ts';
import { ledgerSchema } from './ledger.ts';
import { ledgerPrefix } from './object-keys.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { parseJsonWith } from './parse.ts';
import { separateReads, type Unreadable } from './unreadable.ts';
import { digestOf, type WindowDigest } from './window-digest.ts';
import type { DigestEntries, KnownDigests } from './window-digests.ts';

/** Every window of a source that a ledger knows, oldest first. */
export interface KnownWindows {
  readonly windows: readonly WindowDigest[];
  /** Ledgers that can't be read. */
  readonly unreadable: readonly Unreadable[];
}

/** Requests at once, as many as the SDK has connections: a thousand ledgers are read in a second or two. */
const readsAtOnce = 50;

/**
 * Lists the ledgers, a thousand in a request, and reads those that have changed since their digest was made, many at a
 * time.
 */
export async function readWindows(
  store: ObjectStore,
  source: string,
  digests: KnownDigests,
): Promise<KnownWindows> {
  const [before, objects] = await Promise.all([digests.read(), listLedgers(store, source)]);
  const reads = separateReads();
  const read = await inParallel(objects, readsAtOnce, async ({ key, etag }) => {
    const known = before[key];
    if (known !== undefined && known.etag === etag) return { key, entry: known };
    return { key, entry: await reads.read(key, () => readLedger(store, key)) };
  });
  const entries: DigestEntries = {};
  for (const { key, entry } of read) if (entry !== undefined) entries[key] = entry;
  if (differ(before, entries)) await digests.write(entries);
  const windows = Object.values(entries)
    .map(({ digest }) => digest)
    .sort((one, other) => one.summary.date.localeCompare(other.summary.date));
  return { windows, unreadable: reads.unreadable() };
}

function differ(before: DigestEntries, now: DigestEntries): boolean {
  const keys = Object.keys(now);
  return (
    Object.keys(before).length !== keys.length || keys.some((key) => before[key]?.etag !== now[key]?.etag)
  );
}

async function listLedgers(store: ObjectStore, source: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of store.list(ledgerPrefix(source))) objects.push(object);
  return objects;
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
