import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createRunWriter } from '../../../functions/export-window/run-writer.ts';
import { createMemoryObjectStore } from '../../support/memory-object-store.ts';
import { createRecordedLog } from '../../support/recorded-log.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

it('keeps nothing of the parts that are stored, however many a run has', async () => {
  const writer = createRunWriter({
    store: createMemoryObjectStore(),
    run: { source: 'shop', date: '2026-03-08', run: 'a-run' },
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
  collectGarbage();
  // A part at work has a batch of a megabyte; a hundred would have a hundred.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
  expect(await writer.finish()).toHaveLength(100);
});
