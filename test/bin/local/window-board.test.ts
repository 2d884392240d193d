import { describe, expect, it } from 'vitest';
import { createWindowBoard } from '../../../bin/local/window-board.ts';
import type { Delivery, Ledger } from '../../../functions/shared/ledger.ts';
import { summarizeWindow } from '../../../functions/shared/window-summary.ts';

const at = '2026-03-09T03:30:00.000Z';
const atMs = Date.parse(at);

function ledger(changes: Partial<Ledger>): Ledger {
  return {
    version: 1,
    source: 'shop',
    date: '2026-03-08',
    state: 'exporting',
    activeBatch: null,
    activeContentHash: null,
    mappingHash: null,
    deliveries: [],
    exported: null,
    slicing: null,
    error: null,
    updatedAt: at,
    ...changes,
  };
}

function delivery(changes: Partial<Delivery>): Delivery {
  return {
    id: 'd1',
    run: 'r1',
    request: 'q1',
    reason: null,
    startedAt: at,
    completedAt: at,
    received: 10,
    duplicates: 2,
    filtered: 0,
    rejected: 1,
    mapped: 7,
    accepted: 7,
    failed: 0,
    batchId: 'b1',
    replaces: [],
    contentHash: '',
    mappingHash: '',
    datasetId: '',
    ...changes,
  };
}

const part = (records: number, run = 'r1') =>
  JSON.stringify({ message: 'Export:Part:Stored', source: 'shop', window: '2026-03-08', run, records });

describe('the board of windows', () => {
  it('adds up the parts of the newest run, as the functions log them', () => {
    const board = createWindowBoard();
    board.expect('shop', ['2026-03-08']);
    board.takeLogLine(part(100), 1);
    board.takeLogLine(part(50), 2);
    expect(board.windows()).toMatchObject([{ received: 150, parts: 2, state: 'planned', startedMs: 1 }]);
    board.takeLogLine(part(7, 'r2'), 3);
    expect(board.windows()).toMatchObject([{ received: 7, parts: 1 }]);
  });

  it('takes no notice of lines that tell of no window', () => {
    const board = createWindowBoard();
    for (const line of ['', 'Error: x', '{', '{"message":"Plan:Windows:Sent","source":"shop"}', '[]']) {
      board.takeLogLine(line, 1);
    }
    expect(board.windows()).toEqual([]);
  });

  it('says why a window waits, until it goes on', () => {
    const board = createWindowBoard();
    const failed = {
      message: 'Message:Failed',
      source: 'shop',
      window: '2026-03-08',
      code: 'cut',
      receiveCount: 2,
    };
    board.takeLogLine(JSON.stringify(failed), 1);
    expect(board.windows()[0]?.note).toBe('cut (attempt 2)');
    board.takeLogLine(part(1), 2);
    expect(board.windows()[0]?.note).toBeUndefined();
  });

  it('is finished when every window that is waited for has ended since it was planned', () => {
    const board = createWindowBoard();
    board.expect('shop', ['2026-03-08']);
    const delivered = ledger({ state: 'delivered', deliveries: [delivery({})] });
    board.takeLedgers([delivered], atMs + 1, 5);
    expect(board.isFinished()).toBe(false);
    expect(board.windows()[0]?.state).toBe('planned');
    board.takeLedgers([delivered], atMs, 6);
    expect(board.isFinished()).toBe(true);
    expect(board.windows()).toMatchObject([{ state: 'delivered', delivered: 7, received: 10, endedMs: 6 }]);
  });

  it('shows windows of earlier calls without waiting for them, sorted by source and date', () => {
    const board = createWindowBoard();
    board.takeLedgers([ledger({ date: '2026-03-09' }), ledger({ source: 'app' }), ledger({})], atMs + 1, 1);
    expect(board.isFinished()).toBe(true);
    expect(board.windows().map(({ source, date }) => `${source} ${date}`)).toEqual([
      'app 2026-03-08',
      'shop 2026-03-08',
      'shop 2026-03-09',
    ]);
  });
});

describe("a window's summary", () => {
  const counts = { received: 10, duplicates: 2, filtered: 0, rejected: 1, accepted: 7, batchId: 'b1' };

  it('tells of the newest delivery', () => {
    const newest = delivery({ id: 'd2', batchId: 'b2', received: 12, accepted: 9 });
    expect(summarizeWindow(ledger({ state: 'delivered', deliveries: [newest, delivery({})] }))).toEqual({
      ...counts,
      date: '2026-03-08',
      state: 'delivered',
      received: 12,
      accepted: 9,
      batchId: 'b2',
      completedAt: at,
    });
  });

  it('tells of the delivery that stands, when nothing has changed since', () => {
    const failed = delivery({ id: 'd2', batchId: 'b2', accepted: 0, error: 'no' });
    const summary = summarizeWindow(
      ledger({ state: 'unchanged', activeBatch: 'b1', deliveries: [failed, delivery({})] }),
    );
    expect(summary).toMatchObject({ ...counts, state: 'unchanged' });
  });

  it('counts nothing for a window that is empty, or was never delivered', () => {
    const nothing = { received: 0, duplicates: 0, filtered: 0, rejected: 0, accepted: 0, batchId: null };
    expect(summarizeWindow(ledger({ state: 'empty', deliveries: [delivery({})] }))).toMatchObject(nothing);
    expect(summarizeWindow(ledger({ state: 'failed', error: 'x' }))).toMatchObject({
      ...nothing,
      completedAt: at,
    });
    expect(summarizeWindow(ledger({ state: 'exporting' }))).toMatchObject({ ...nothing, completedAt: null });
  });
});
