import { readFileSync } from 'node:fs';
import { afterEach, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createLoadWork } from '../../functions/load-window/load-work.ts';
import { createLog, type LogFields } from '../../functions/shared/log.ts';
import { settleMessage } from '../../functions/shared/settle-message.ts';
import { createExportWorkWorld } from '../support/export-work-world.ts';
import { createLoadWorld, deliver, eventLines, window } from '../support/load-world.ts';
import { createMemoryQueue } from '../support/memory-queue.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
/** The query as the runbook gives it: what it shows, and what it chooses by. */
const query = /```\nfields ([^\n]+)\n\| filter ([^\n]+)\n/.exec(runbook);
const shown = (query?.[1] ?? '').split(', ').filter((field) => field !== '@timestamp');
const chosenBy = [...(query?.[2] ?? '').matchAll(/(\w+) =/g)].map(([, field]) => field ?? '');

afterEach(() => vi.restoreAllMocks());

/** What a function's log really prints, read as CloudWatch reads it. */
function printedBy(act: (log: ReturnType<typeof createLog>) => void): LogFields[] {
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
  }
  act(createLog({ source: 'shop' }));
  vi.restoreAllMocks();
  const line = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
  return lines.map((text) => line.parse(JSON.parse(text)));
}

/** Lines of a window that was exported at the second try. */
async function exportLines(): Promise<readonly LogFields[]> {
  const world = await createExportWorkWorld({ mixpanel: { faults: [{ kind: 'terminatedEarly' }] } });
  await world.windowQueue.send({ date: window.date });
  await world.run();
  await world.close();
  return world.log.lines;
}

/** Lines of a window that was delivered. */
async function loadLines(): Promise<readonly LogFields[]> {
  const world = await createLoadWorld();
  await world.storeRun('r1', eventLines(10));
  await world.loadQueue.send(deliver('r1'));
  const { log, metrics, loadQueue } = world;
  const setup = {
    queue: { ...loadQueue, hide: async () => {} },
    deadLetters: createMemoryQueue(),
    maxReceiveCount: 10,
    log,
    metrics,
    work: createLoadWork(world.deps),
  };
  for (let next = loadQueue.sent.shift(); next !== undefined; next = loadQueue.sent.shift()) {
    await world.platform.idle();
    const body = JSON.stringify(next.body);
    const message = {
      body,
      receiptHandle: 'r',
      receiveCount: 1,
      request: 'q',
      deferrals: 0,
      invocation: 'i',
    };
    await settleMessage(setup, message, () => 900_000);
  }
  expect((await world.ledger()).state).toBe('delivered');
  await world.close();
  return log.lines;
}

it('finds every step of a window by the one query of the runbook, whose fields all exist', async () => {
  expect(shown.length).toBeGreaterThan(10);
  expect(chosenBy).toEqual(['source', 'window']);
  const [exported, loaded] = [await exportLines(), await loadLines()];
  const lines = [...exported, ...loaded];
  const messages = lines.map(({ message }) => message);
  for (const step of [
    'Message:Failed',
    'Export:Run:Completed',
    'Load:Batch:Completed',
    'Load:Window:Closed',
  ]) {
    expect(messages).toContain(step);
  }
  for (const line of lines) {
    expect(line, String(line.message)).toMatchObject({ window: window.date, request: expect.any(String) });
  }
  for (const line of loaded) expect(line, String(line.message)).toMatchObject({ run: 'r1', requestId: 'i' });
  const fields = new Set(lines.flatMap((line) => Object.keys(line)));
  for (const field of shown) expect([...fields]).toContain(field);
});

it('prints the source, and whose work it is, with every line until other work begins', () => {
  const printed = printedBy((log) => {
    log.begin({ window: '2026-03-08', request: 'one' });
    log.info('A', { records: 1 });
    log.warn('B', { window: '2026-03-09' });
    log.begin({ request: 'two' });
    log.error('C');
  });
  expect(printed).toMatchObject([
    { level: 'INFO', message: 'A', source: 'shop', window: '2026-03-08', request: 'one', records: 1 },
    { level: 'WARN', message: 'B', source: 'shop', window: '2026-03-09', request: 'one' },
    { level: 'ERROR', message: 'C', source: 'shop', request: 'two' },
  ]);
  expect(printed[1]).not.toHaveProperty('records');
  expect(printed[2]).not.toHaveProperty('window');
});
