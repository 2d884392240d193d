import { RetryableError } from './errors.ts';
import { type Ledger, ledgerSchema } from './ledger.ts';
import { ledgerKey, type WindowRef } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { parseJsonWith } from './parse.ts';

/**
 * How often a change is tried against other writers of one window. Writers are few (one export, a handful of
 * loaders at a join), and each loses at most once to each other writer.
 */
const maxTries = 20;

export interface LedgerStore {
  /** The window's ledger; a fresh one when nothing is known of the window. */
  read(window: WindowRef): Promise<Ledger>;
  /**
   * Changes the ledger by a pure function, against whatever other writers do meanwhile: it is called again with
   * what they wrote. Returning the ledger it was given means that nothing is to be written.
   */
  update(window: WindowRef, change: (ledger: Ledger) => Ledger): Promise<Ledger>;
}

/** Ledgers as objects of the archive bucket, written only if unchanged since they were read. */
export function createLedgerStore(store: ObjectStore, clock: () => number): LedgerStore {
  const load = async (window: WindowRef) => {
    const key = ledgerKey(window);
    const found = await store.getText(key);
    if (found === undefined) return { ledger: freshLedger(window, clock()), etag: undefined };
    return { ledger: parseJsonWith(ledgerSchema, found.text, `reading the ledger ${key}`), etag: found.etag };
  };
  return {
    read: async (window) => (await load(window)).ledger,
    async update(window, change) {
      for (let attempt = 0; attempt < maxTries; attempt += 1) {
        const { ledger, etag } = await load(window);
        const changed = change(ledger);
        if (changed === ledger) return ledger;
        const next = { ...changed, updatedAt: new Date(clock()).toISOString() };
        const precondition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag };
        if (await store.put(ledgerKey(window), `${JSON.stringify(next, null, 1)}\n`, { precondition }))
          return next;
      }
      throw new RetryableError(
        'ledger_contended',
        `writing the ledger ${ledgerKey(window)}: other writers kept winning`,
      );
    },
  };
}

function freshLedger(window: WindowRef, nowMs: number): Ledger {
  return {
    version: 1,
    source: window.source,
    date: window.date,
    state: 'exporting',
    activeBatch: null,
    activeContentHash: null,
    mappingHash: null,
    deliveries: [],
    exported: null,
    error: null,
    updatedAt: new Date(nowMs).toISOString(),
  };
}
