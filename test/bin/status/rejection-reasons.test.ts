import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { rejectionReasons } from '../../../bin/status/rejection-reasons.ts';
import { rejectedKey, rejectedWindowPrefix } from '../../../functions/shared/object-keys.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';

it('counts reasons, and passes over what is none of our lines without a word of it', async () => {
  const store = createMemoryObjectStore();
  const window = { source: 'shop', date: '2026-03-08' };
  const lines = [{ reason: 'no time', path: 'timestamp' }, { reason: 'no time', path: 'timestamp' }, {}];
  const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\nann@example.com\n`;
  await store.put(rejectedKey({ ...window, run: 'r1' }, 0), gzipSync(text));
  expect(await rejectionReasons(store, rejectedWindowPrefix(window))).toEqual({
    run: 'r1',
    lines: 4,
    isSample: false,
    reasons: [{ reason: 'no time', path: 'timestamp', count: 2 }],
  });
});

it('looks at no more records than it is asked to, over the parts together, and says so', async () => {
  const store = createMemoryObjectStore();
  const window = { source: 'shop', date: '2026-03-08' };
  const part = gzipSync(`${JSON.stringify({ reason: 'no time' })}\n`.repeat(10));
  for (const index of [0, 1, 2]) await store.put(rejectedKey({ ...window, run: 'r1' }, index), part);
  const counted = async (most: number) => {
    const found = await rejectionReasons(store, rejectedWindowPrefix(window), most);
    return [found?.reasons[0]?.count, found?.lines, found?.isSample];
  };
  expect(await counted(15)).toEqual([15, 15, true]);
  expect(await counted(20)).toEqual([20, 20, true]);
  expect(await counted(30)).toEqual([30, 30, false]);
});

it('stops in the midst of a part that is larger than what comes at once, which is no failure', async () => {
  const store = createMemoryObjectStore();
  const window = { source: 'shop', date: '2026-03-08' };
  const lines = Array.from({ length: 2500 }, () =>
    JSON.stringify({ reason: 'no time', record: randomBytes(500).toString('hex') }),
  );
  const part = gzipSync(`${lines.join('\n')}\n`);
  expect(part.length).toBeGreaterThan(1024 * 1024);
  await store.put(rejectedKey({ ...window, run: 'r1' }, 0), part);
  expect(await rejectionReasons(store, rejectedWindowPrefix(window), 100)).toEqual({
    run: 'r1',
    lines: 100,
    isSample: true,
    reasons: [{ reason: 'no time', path: null, count: 100 }],
  });
});

it('says of a part that is damaged, or gone since it was listed, that it is, beside what the others tell', async () => {
  const memory = createMemoryObjectStore();
  const window = { source: 'shop', date: '2026-03-08' };
  const keys = [0, 1, 2].map((index) => rejectedKey({ ...window, run: 'r1' }, index));
  const [first = '', second = '', third = ''] = keys;
  const part = gzipSync(`${JSON.stringify({ reason: 'no time' })}\n`.repeat(10));
  for (const key of keys) await memory.put(key, part);
  const look = () => rejectionReasons(memory, rejectedWindowPrefix(window));
  await memory.put(third, part.subarray(0, part.length - 4));
  expect(await look()).toMatchObject({
    isSample: true,
    problem: `${third}: unexpected end of file`,
    reasons: [{ reason: 'no time', count: 30 }],
  });
  await memory.put(second, 'no gzip');
  expect(await look()).toMatchObject({ lines: 10, problem: `${second}: incorrect header check` });
  const store = {
    ...memory,
    getStream: async (key: string) => {
      await memory.delete(first);
      return memory.getStream(key);
    },
  };
  expect(await rejectionReasons(store, rejectedWindowPrefix(window))).toEqual({
    run: 'r1',
    lines: 0,
    isSample: true,
    problem: `${first}: no object ${first}`,
    reasons: [],
  });
});
