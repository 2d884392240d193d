import { describe, expect, it } from 'vitest';
import { createLedgerStore } from '../../../functions/shared/ledger-store.ts';
import { ledgerKey } from '../../../functions/shared/object-keys.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';

const window = { source: 'shop', date: '2026-03-08' };
const clock = () => Date.UTC(2026, 2, 9);

describe('the ledger store', () => {
  it('loses no update of writers that change one window at the same time', async () => {
    const store = createMemoryObjectStore();
    const ledgers = createLedgerStore(store, clock);
    const writers = Array.from({ length: 8 }, (_, index) => `w${index}`);
    await Promise.all(
      writers.map((writer) =>
        ledgers.update(window, (ledger) => ({
          ...ledger,
          error: [...(ledger.error ?? '').split(' '), writer].join(' '),
        })),
      ),
    );
    const written = (await ledgers.read(window)).error?.trim().split(' ').sort();
    expect(written).toEqual(writers);
  });

  it('writes nothing when the change is none', async () => {
    const store = createMemoryObjectStore();
    await createLedgerStore(store, clock).update(window, (ledger) => ledger);
    expect(store.objects.size).toBe(0);
  });

  it('refuses a ledger that it does not understand, naming the key and what is wrong', async () => {
    const store = createMemoryObjectStore();
    await store.put(ledgerKey(window), '{"version":0}');
    await expect(createLedgerStore(store, clock).read(window)).rejects.toThrow(
      /ledger\/source=shop\/date=2026-03-08\.json:\n {2}- version: found 0/,
    );
  });

  it('gives up with a retryable error when other writers keep winning', async () => {
    const store = createMemoryObjectStore();
    const contended = { ...store, put: async () => false };
    const update = createLedgerStore(contended, clock).update(window, (ledger) => ({
      ...ledger,
      state: 'failed' as const,
    }));
    await expect(update).rejects.toMatchObject({ code: 'ledger_contended', retryable: true });
  });
});
