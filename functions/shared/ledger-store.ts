import { RetryableError } from './errors.ts';
import { type Ledger, ledgerSchema } from './ledger.ts';
import { ledgerKey, type WindowRef } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { readJson, updateJson } from './stored-json.ts';

export interface LedgerStore {
  /** The window's ledger; a fresh one when nothing is known of the window. */
  read(window: WindowRef): Promise<Ledger>;
  /**
   * Changes the ledger by a pure function, against whatever other writers do meanwhile: it is called again with
   * what they wrote. Returning the ledger it was given means that nothing is to be written.
   */
  update(window: WindowRef, change: (ledger: Ledger) => Ledger): Promise<Ledger>;
}

const storedAt = (store: ObjectStore, window: WindowRef) => ({
  store,
  key: ledgerKey(window),
  schema: ledgerSchema,
  what: 'the ledger',
});

/** The window's ledger; undefined when nothing is known of the window. */
export function readLedger(store: ObjectStore, window: WindowRef): Promise<Ledger | undefined> {
  return readJson(storedAt(store, window));
}

/** Ledgers as objects of the archive bucket, written only if unchanged since they were read. */
export function createLedgerStore(store: ObjectStore, clock: () => number): LedgerStore {
  return {
    read: async (window) => (await readLedger(store, window)) ?? freshLedger(window, clock()),
    update(window, change) {
      return updateJson(storedAt(store, window), {
        fresh: () => freshLedger(window, clock()),
        change: (ledger) => {
          const changed = change(ledger);
          return changed === ledger ? ledger : { ...changed, updatedAt: new Date(clock()).toISOString() };
        },
        contended: (message) => new RetryableError('ledger_contended', message),
      });
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
    slicing: null,
    error: null,
    updatedAt: new Date(nowMs).toISOString(),
  };
}
