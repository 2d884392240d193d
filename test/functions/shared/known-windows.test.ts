import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readWindows } from '../../../functions/shared/known-windows.ts';
import { digestsKey, ledgerKey } from '../../../functions/shared/object-keys.ts';
import type { PutOptions } from '../../../functions/shared/object-store.ts';
import { createRememberedDigests, createStoredDigests } from '../../../functions/shared/window-digests.ts';
import { aLedger } from '../../support/ledgers.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../support/memory-object-store.ts';

const dates = ['2026-03-06', '2026-03-07', '2026-03-08'] as const;
const keyOf = (date: string) => ledgerKey({ source: 'shop', date });
const kept = digestsKey('shop');

let store: MemoryObjectStore;
let asked: string[];
beforeEach(async () => {
  const memory = createMemoryObjectStore();
  asked = [];
  store = {
    ...memory,
    getText(key) {
      asked.push(key);
      return memory.getText(key);
    },
  };
  for (const date of dates) await put(date);
});

const put = (date: string, changes: Parameters<typeof aLedger>[1] = {}) =>
  store.put(keyOf(date), JSON.stringify(aLedger(date, changes)));

/** A look of the hourly watch. @returns each window's state, and the ledgers that were read for it. */
async function look(failures: unknown[] = []) {
  asked = [];
  const digests = createStoredDigests(store, 'shop', (error) => failures.push(error));
  return seen(await readWindows(store, 'shop', digests));
}

function seen({ windows, unreadable }: Awaited<ReturnType<typeof readWindows>>) {
  return {
    states: windows.map(({ summary }) => `${summary.date} ${summary.state}`),
    unreadable: unreadable.map(({ key }) => key),
    read: asked.filter((key) => key !== kept),
  };
}

/** Each of them right by itself. */
function crowded(text: string): string {
  const { version, ledgers } = z
    .object({ version: z.number(), ledgers: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(text));
  const [entry] = Object.values(ledgers);
  const more = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`more-${index}`, entry]));
  return JSON.stringify({ version, ledgers: { ...ledgers, ...more } });
}

const all = dates.map((date) => `${date} delivered`);
const keys = dates.map(keyOf);

describe('digests in the bucket', () => {
  it('spare the ledgers that have not changed: none is read again, and nothing written', async () => {
    expect(await look()).toEqual({ states: all, unreadable: [], read: keys });
    const written = store.objects.get(kept);
    expect(await look()).toEqual({ states: all, unreadable: [], read: [] });
    expect(store.objects.get(kept)).toBe(written);
  });

  it('are never trusted for a ledger that has changed', async () => {
    await look();
    await put('2026-03-07', { state: 'failed', error: 'HTTP 500' });
    const states = ['2026-03-06 delivered', '2026-03-07 failed', '2026-03-08 delivered'];
    expect(await look()).toEqual({ states, unreadable: [], read: [keyOf('2026-03-07')] });
    expect(await look()).toMatchObject({ states, read: [] });
  });

  it('take up a new ledger, and let go of one that was deleted', async () => {
    await look();
    await put('2026-03-09');
    expect(await look()).toMatchObject({
      states: [...all, '2026-03-09 delivered'],
      read: [keyOf('2026-03-09')],
    });
    await store.delete(keyOf('2026-03-09'));
    expect(await look()).toMatchObject({ states: all, read: [] });
    expect(store.objects.get(kept)?.toString()).not.toContain('date=2026-03-09');
  });

  it.each([
    ['cut off', (text: string) => text.slice(0, 100)],
    ['no JSON at all', () => 'nonsense'],
    ['of another version', (text: string) => text.replace('"version":1', '"version":2')],
    ['of more values than are ever checked', crowded],
    ['without a value that is needed', (text: string) => text.replace('"stands":true', '"stands":null')],
  ])(
    'cost no more than the time to read every ledger when they are %s, and are written anew',
    async (_, spoil) => {
      await look();
      const good = store.objects.get(kept)?.toString() ?? '';
      const spoilt = spoil(good);
      expect(spoilt).not.toBe(good);
      await store.put(kept, spoilt);
      expect(await look()).toEqual({ states: all, unreadable: [], read: keys });
      expect(store.objects.get(kept)?.toString()).toBe(good);
    },
  );

  it('leave a ledger that can not be read to each look, and are not written for it', async () => {
    await store.put(keyOf('2026-03-07'), '{"version":2}');
    const states = ['2026-03-06 delivered', '2026-03-08 delivered'];
    expect(await look()).toMatchObject({ states, unreadable: [keyOf('2026-03-07')] });
    const written = store.objects.get(kept);
    expect(await look()).toEqual({
      states,
      unreadable: [keyOf('2026-03-07')],
      read: [keyOf('2026-03-07')],
    });
    expect(store.objects.get(kept)).toBe(written);
  });

  it('are those of the ledger that was read, when it changed after the listing', async () => {
    const plain = store;
    store = {
      ...plain,
      async *list(prefix) {
        yield* plain.list(prefix);
        await put('2026-03-08', { state: 'failed', error: 'HTTP 500' });
      },
    };
    expect((await look()).states).toContain('2026-03-08 failed');
    store = plain;
    expect(await look()).toMatchObject({ states: expect.arrayContaining(['2026-03-08 failed']), read: [] });
  });

  it('of two writers stay those of the first, and the other loses nothing by it', async () => {
    const plain = store;
    const written: (string | undefined)[] = [];
    let overtaken = false;
    store = {
      ...plain,
      async put(key: string, body: string | Buffer, options?: PutOptions) {
        // Another look comes to its end between this one's reading and its writing.
        if (key === kept && !overtaken) {
          overtaken = true;
          await put('2026-03-09');
          await look();
          written.push(plain.objects.get(kept)?.toString());
        }
        return plain.put(key, body, options);
      },
    };
    const failures: unknown[] = [];
    expect((await look(failures)).states).toEqual(all);
    expect(failures).toEqual([]);
    expect(written[0]).toContain('2026-03-09');
    expect(plain.objects.get(kept)?.toString()).toBe(written[0]);
    expect(await look()).toMatchObject({ states: [...all, '2026-03-09 delivered'], read: [] });
  });

  it('that can not be written are told of, and keep nobody from knowing the windows', async () => {
    store = { ...store, put: () => Promise.reject(new Error('AccessDenied')) };
    const failures: unknown[] = [];
    expect((await look(failures)).states).toEqual(all);
    expect(failures).toEqual([new Error('AccessDenied')]);
  });
});

describe('remembered digests', () => {
  it('are read from the bucket once and never written there; later looks go on from the last', async () => {
    await look();
    const written = store.objects.get(kept);
    const digests = createRememberedDigests(store, 'shop');
    await put('2026-03-08', { state: 'loading' });
    asked = [];
    await readWindows(store, 'shop', digests);
    expect(asked).toEqual([kept, keyOf('2026-03-08')]);
    asked = [];
    expect(seen(await readWindows(store, 'shop', digests)).states).toContain('2026-03-08 loading');
    expect(asked).toEqual([]);
    expect(store.objects.get(kept)).toBe(written);
  });
});
