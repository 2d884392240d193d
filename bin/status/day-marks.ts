import type { WindowState } from '../../functions/shared/ledger.ts';
import type { SourceStatus } from './source-status.ts';

/** What a day of the calendar shows. */
export type Mark = 'delivered' | 'empty' | 'at work' | 'rejected' | 'failed' | 'missing' | 'not asked for';

const markOfState: Readonly<Record<WindowState, Mark>> = {
  exporting: 'at work',
  exported: 'at work',
  loading: 'at work',
  delivered: 'delivered',
  unchanged: 'delivered',
  empty: 'empty',
  rejected: 'rejected',
  failed: 'failed',
};

/** The mark of each day that is known, or that the schedule has asked for. */
export function marksOf({ windows, attention }: SourceStatus): Map<string, Mark> {
  const marks = new Map<string, Mark>(
    windows.map(({ summary }) => [summary.date, markOfState[summary.state]]),
  );
  for (const { date, kind } of attention) marks.set(date, kind);
  return marks;
}
