import { describe, expect, it } from 'vitest';
import { exportWindow } from '../../../functions/export-window/export-window.ts';
import { addForgotten, readForgotten } from '../../../functions/shared/forgotten.ts';
import { lineOf } from '../../support/forget-world.ts';
import { answering, exportWorld, oneDay } from './export-world.ts';

const lines = [
  lineOf('e0', { distinct_id: 'anna' }),
  lineOf('e1', { distinct_id: 'canonical', $user_id: 'bob' }),
  lineOf('e2', { distinct_id: '$device:bob' }),
  lineOf('e3', { distinct_id: 'bobby' }),
];
const body = (of: readonly string[]) => of.map((line) => `${line}\n`).join('');

function world(text: string) {
  return exportWorld('http://127.0.0.1:1', { client: answering(text, { framed: true }) });
}

describe('an export of a source that has forgotten somebody', () => {
  it('stores what it would store had Mixpanel not sent their events, and counts these in the log', async () => {
    const one = world(body(lines));
    await addForgotten(one.store, 'shop', ['bob']);
    const { manifest } = await exportWindow(one, oneDay);
    const other = await exportWindow(world(body([lines[0] ?? '', lines[3] ?? ''])), oneDay);
    expect(manifest).toMatchObject({
      records: 2,
      duplicates: 0,
      bytes: other.manifest.bytes,
      contentHash: other.manifest.contentHash,
    });
    expect(one.log.entries).toContainEqual(
      expect.objectContaining({
        message: 'Export:Lines:Forgotten',
        fields: expect.objectContaining({ lines: 2 }),
      }),
    );
    expect(JSON.stringify(one.log.entries)).not.toContain('bob');
  });

  it('knows them by their ids as they were sent, whatever privacy makes of these', async () => {
    const client = answering(body(lines), { framed: true });
    const one = exportWorld('http://127.0.0.1:1', {
      client,
      privacy: { drop: ['$user_id'], hash: ['distinct_id'] },
      privacyKey: 'k',
    });
    await addForgotten(one.store, 'shop', ['bob']);
    expect((await exportWindow(one, oneDay)).manifest.records).toBe(2);
  });

  it('stores nothing when somebody is put on the list while it is under way', async () => {
    const one = world(body(lines));
    const { store } = one;
    const size = store.size;
    // The last thing that is asked for before the manifest: the parts are stored by then.
    const late = {
      ...store,
      size: async (key: string) => {
        if (key.endsWith('part-00000.ndjson.gz')) await addForgotten(store, 'shop', ['anna']);
        return size(key);
      },
    };
    await expect(exportWindow({ ...one, store: late }, oneDay)).rejects.toMatchObject({
      code: 'forgotten_meanwhile',
      retryable: true,
    });
    expect([...store.objects.keys()]).toEqual(['state/source=shop/forgotten.json']);
  });

  it('has a list without an id, each person on it once, under a key of its own', async () => {
    const { store } = world('');
    const first = await addForgotten(store, 'shop', ['bob', 'anna', 'bob']);
    const again = await addForgotten(store, 'shop', ['anna']);
    const other = await addForgotten(store, 'blog', ['anna']);
    expect(first.digests).toHaveLength(2);
    expect(again).toEqual(first);
    expect(other.digests[0]).not.toBe(first.digests[1]);
    expect(await readForgotten(store, 'shop')).toEqual(first);
    expect(String(store.objects.get('state/source=shop/forgotten.json'))).not.toMatch(/bob|anna/);
  });
});
