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
    reasons: [{ reason: 'no time', path: 'timestamp', count: 2 }],
  });
});
