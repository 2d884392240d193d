import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../functions/load-window/load-deps.ts';
import { describeError } from '../../../functions/shared/errors.ts';
import { readForgotten } from '../../../functions/shared/forgotten.ts';
import { createLedgerStore } from '../../../functions/shared/ledger-store.ts';
import { forgottenKey, ledgerKey, manifestKey } from '../../../functions/shared/object-keys.ts';
import { createBatches } from '../../../functions/shared/platform/batches.ts';
import { wireSchema } from '../../../functions/shared/platform/wire.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';

const window = { source: 'shop', date: '2026-03-08' };
const run = { ...window, run: 'r1' };

/** Objects of the archive as a slip, a crash of another program or a stranger may leave them. */
const objects: [string, string, string][] = [
  ['empty', '', 'found no text'],
  ['cut', '{"version":1,"source":"shop', 'found text that is not JSON'],
  ['a list', '[]', '(root): found []'],
  ['of no version that ever was', '{"version":0}', 'version: found 0'],
  ['of other types', '{"version":"1","key":7,"parts":{},"deliveries":null}', 'version: found "1"'],
  ['full of NULs', '\0'.repeat(1000), 'found text that is not JSON'],
  ['nested to any depth', `{"version":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'version: found'],
  ['wrong a million times', `{"parts":[${'1,'.repeat(1_000_000)}1]}`, 'found more than 250000 values'],
  [
    'longer than any of ours',
    `{"a":"${'x'.repeat(16 * 1024 * 1024)}"}`,
    'it has 16777224 bytes; allowed are',
  ],
];

describe('a record of the archive that is', () => {
  it.each(objects)('%s is refused at once, and named; its neighbours are read', async (_, text, words) => {
    const store = createMemoryObjectStore();
    const ledgers = createLedgerStore(store, () => 1_800_000_000_000);
    const other = { ...window, date: '2026-03-09' };
    await ledgers.update(other, (ledger) => ({ ...ledger, state: 'exported' }));
    const readers: [string, () => Promise<unknown>][] = [
      [ledgerKey(window), () => ledgers.read(window)],
      [ledgerKey(window), () => ledgers.update(window, (ledger) => ({ ...ledger, state: 'failed' }))],
      [manifestKey(run), () => readManifest({ store }, run)],
    ];
    for (const [key, read] of readers) {
      store.objects.set(key, Buffer.from(text));
      const error = await read().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ retryable: false });
      expect(describeError(error)).toContain(key);
      expect(describeError(error)).toContain(words);
      expect(describeError(error).length).toBeLessThan(5000);
      expect(store.objects.get(key)?.length).toBe(Buffer.byteLength(text));
    }
    expect((await ledgers.read(other)).state).toBe('exported');
  });

  it('a list of the forgotten with a wrong key says so, and not the key', async () => {
    const store = createMemoryObjectStore();
    store.objects.set(forgottenKey('shop'), Buffer.from('{"version":1,"key":"hush","digests":[]}'));
    await expect(readForgotten(store, 'shop')).rejects.toThrow('key: found a string');
    await expect(readForgotten(store, 'shop')).rejects.not.toThrow('hush');
  });
});

describe('a batch of a status that', () => {
  const report = async (status: string) => {
    const text = JSON.stringify({ b: { status } });
    const client = { send: async () => ({ status: 200, headers: {}, text }) };
    return createBatches(client, wireSchema.parse({})).get('b');
  };

  it.each(['constructor', '__proto__', 'toString', 'valueOf', 'new one'])(
    '%s is waited for',
    async (status) => {
      expect(await report(status)).toMatchObject({ phase: 'ingesting', status });
    },
  );

  it('is no word is no answer', async () => {
    await expect(report('x'.repeat(65))).rejects.toMatchObject({ code: 'answer_unclear', retryable: true });
  });
});
