import { grouped, haveSources } from './progress-view.ts';
import type { WindowProgress } from './window-board.ts';

const headings = ['window', 'state', 'received', 'duplicates', 'rejected', 'delivered', 'batch', 'seconds'];
/** Columns of numbers stand to the right. */
const rightAligned = new Set(['received', 'duplicates', 'rejected', 'delivered', 'seconds']);

/** What came of each window, as a table for people. */
export function closingTable(windows: readonly WindowProgress[]): string {
  const withSource = haveSources(windows);
  const rows = windows.map((window) => {
    const { summary, source, date, startedMs, endedMs } = window;
    const count = (value: number | undefined) => (value === undefined ? '–' : grouped(value));
    return [
      withSource ? `${source} ${date}` : date,
      window.state,
      count(summary?.received),
      count(summary?.duplicates),
      count(summary?.rejected),
      count(summary?.accepted),
      summary?.batchId ?? '–',
      startedMs === undefined || endedMs === undefined ? '–' : ((endedMs - startedMs) / 1000).toFixed(1),
    ];
  });
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return rightAligned.has(headings[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(headings), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
