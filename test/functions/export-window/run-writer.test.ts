import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createRunWriter } from '../../../functions/export-window/run-writer.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';

const run = { source: 'shop', date: '2026-03-08', run: 'r1' };

it('has no more than two parts on their way, however slow the store is', async () => {
  const objects = createMemoryObjectStore();
  let underWay = 0;
  let most = 0;
  const store = {
    ...objects,
    async putStream(...[key, body, options]: Parameters<typeof objects.putStream>) {
      underWay += 1;
      most = Math.max(most, underWay);
      await pause(20);
      await objects.putStream(key, body, options);
      underWay -= 1;
    },
  };
  const { signal } = new AbortController();
  const limits = { maxPartBytes: 1000 };
  const log = createRecordedLog();
  const writer = createRunWriter({ store, run, firstPart: 0, log, signal, limits });
  for (let line = 0; line < 100; line += 1) {
    const bytes = Buffer.from('x'.repeat(200));
    if (!writer.hasRoom(bytes.length)) await writer.makeRoom(bytes.length);
    writer.append(bytes);
  }
  const parts = await writer.finish();
  expect(parts).toHaveLength(25);
  expect(parts.every(({ records }) => records === 4)).toBe(true);
  expect(most).toBe(2);
});
