import { describe, expect, it } from 'vitest';
import { closingTable } from '../../../bin/local/closing-table.ts';
import { createProgressView } from '../../../bin/local/progress-view.ts';
import type { WindowProgress } from '../../../bin/local/window-board.ts';

function window(changes: Partial<WindowProgress>): WindowProgress {
  return {
    source: 'demo',
    date: '2026-03-08',
    state: 'planned',
    received: 0,
    parts: 0,
    delivered: 0,
    note: undefined,
    startedMs: undefined,
    endedMs: undefined,
    summary: undefined,
    ...changes,
  };
}

function view(isTerminal: boolean, rows = 24, columns = 120) {
  let text = '';
  const created = createProgressView({
    write: (piece) => {
      text += piece;
    },
    isTerminal,
    size: () => ({ rows, columns }),
  });
  return { ...created, text: () => text };
}

const esc = String.fromCharCode(27);
const moves = new RegExp(`(${esc}\\[\\d+A|${esc}\\[J|${esc}\\[2K|\\n)`);

/** What a terminal shows in the end: moves up and clears are carried out. */
function screen(text: string): string[] {
  const lines: string[] = [];
  let row = 0;
  for (const piece of text.split(moves)) {
    if (piece === `${esc}[J`) lines.length = row;
    else if (piece === `${esc}[2K`) lines[row] = '';
    else if (piece === '\n') row += 1;
    else if (piece.startsWith(esc)) row -= Number(/\d+/.exec(piece)?.[0]);
    else if (piece !== '') lines[row] = piece;
  }
  return lines;
}

describe('progress in a pipe', () => {
  it('appends a line when a window changes its state, and none when only counts grow', () => {
    const { show, text } = view(false);
    show([window({})]);
    show([window({ state: 'exporting' })]);
    show([window({ state: 'exporting', received: 5000, parts: 1 })]);
    show([window({ state: 'delivered', received: 20_000, parts: 1, delivered: 19_990 })]);
    expect(text()).toBe(
      '2026-03-08  received           0  parts    0  delivered           0  exporting\n' +
        '2026-03-08  received      20,000  parts    1  delivered      19,990  delivered\n',
    );
  });

  it('appends why a window waits', () => {
    const { show, text } = view(false);
    show([window({ state: 'exporting', note: 'export_incomplete (attempt 1)' })]);
    expect(text()).toContain('exporting  export_incomplete (attempt 1)\n');
  });
});

describe('progress on a terminal', () => {
  it('rewrites the lines of windows at work and leaves each that has ended once', () => {
    const { show, note, end, text } = view(true);
    note('Starting');
    show([window({}), window({ date: '2026-03-09' })]);
    show([window({ state: 'exporting', received: 7 }), window({ date: '2026-03-09' })]);
    expect(screen(text())).toHaveLength(3);
    expect(screen(text())[1]).toMatch(/^2026-03-08 .* 7 .* exporting$/);
    show([window({ state: 'delivered' }), window({ date: '2026-03-09', state: 'loading' })]);
    show([window({ state: 'delivered' }), window({ date: '2026-03-09', state: 'delivered' })]);
    end();
    expect(screen(text()).map((line) => line.slice(0, 10))).toEqual(['Starting', '2026-03-08', '2026-03-09']);
  });

  it('never writes more lines than the terminal has, nor lines that wrap', () => {
    const { show, text } = view(true, 10, 40);
    show(
      Array.from({ length: 31 }, (_, day) => window({ date: `2026-03-${String(day + 1).padStart(2, '0')}` })),
    );
    const lines = screen(text());
    expect(lines.length).toBeLessThanOrEqual(9);
    expect(lines.at(-1)).toBe('… and 24 more');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(40);
  });

  it('shows what a vendor says with its control characters as codes', () => {
    const { show, note, text } = view(true);
    show([window({ state: 'exporting', note: `HTTP 500: ${esc}]0;owned` })]);
    note(`Started ${esc}[8m`);
    expect(text()).toContain('HTTP 500: \\x1b]0;owned');
    expect(text()).toContain('Started \\x1b[8m');
    expect(text()).not.toMatch(new RegExp(`${esc}(?:\\]|\\[8m)`));
  });

  it('names the source when there is more than one', () => {
    const { show, text } = view(true);
    show([window({ source: 'a' }), window({ source: 'b' })]);
    expect(screen(text()).map((line) => line.slice(0, 12))).toEqual(['a 2026-03-08', 'b 2026-03-08']);
  });
});

describe('the closing table', () => {
  it('has a row for each window, with counts to the right', () => {
    const summary = {
      date: '2026-03-08',
      state: 'delivered',
      received: 20_100,
      duplicates: 100,
      filtered: 0,
      rejected: 3,
      accepted: 19_997,
      batchId: '01BATCH',
      completedAt: null,
    } as const;
    const table = closingTable([
      window({ state: 'delivered', summary, startedMs: 1000, endedMs: 9340 }),
      window({ date: '2026-03-09', state: 'planned' }),
    ]);
    expect(table.split('\n')).toEqual([
      'window      state      received  duplicates  rejected  delivered  batch    seconds',
      '----------  ---------  --------  ----------  --------  ---------  -------  -------',
      '2026-03-08  delivered    20,100         100         3     19,997  01BATCH      8.3',
      '2026-03-09  planned           –           –         –          –  –              –',
    ]);
  });
});
