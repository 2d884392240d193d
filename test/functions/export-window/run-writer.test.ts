import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createRunWriter } from '../../../functions/export-window/run-writer.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
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

it('keeps nothing of the parts that are stored, however many a run has', async () => {
  const writer = createRunWriter({
    store: createMemoryObjectStore(),
    run,
    firstPart: 0,
    log: createRecordedLog(),
    signal: new AbortController().signal,
    limits: { maxPartBytes: 100 },
  });
  const line = Buffer.alloc(60, 'x');
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  for (let part = 0; part < 100; part += 1) {
    await writer.makeRoom(line.length);
    writer.append(line);
  }
  const growth = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers - before;
  };
  // A part at work has a batch of a megabyte; a hundred would have a hundred. gzip closes some turns after its end.
  await expect.poll(growth, { timeout: 10_000 }).toBeLessThan(20e6);
  expect(await writer.finish()).toHaveLength(100);
});
