import { renderTable } from '../table.ts';
import { grouped, haveSources } from './progress-view.ts';
import type { WindowProgress } from './window-board.ts';

const columns = [
  { heading: 'window' },
  { heading: 'state' },
  { heading: 'received', right: true },
  { heading: 'duplicates', right: true },
  { heading: 'rejected', right: true },
  { heading: 'delivered', right: true },
  { heading: 'batch' },
  { heading: 'seconds', right: true },
];

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
  return renderTable(columns, rows);
}
