import type { Ledger, WindowState } from './ledger.ts';

/** One window as `status --json` and `local --json` print it. */
export interface WindowSummary {
  readonly date: string;
  readonly state: WindowState;
  readonly received: number;
  readonly duplicates: number;
  readonly filtered: number;
  readonly rejected: number;
  readonly accepted: number;
  readonly batchId: string | null;
  readonly completedAt: string | null;
}

const closedStates: ReadonlySet<WindowState> = new Set([
  'delivered',
  'unchanged',
  'empty',
  'rejected',
  'failed',
]);
const goodStates: ReadonlySet<WindowState> = new Set(['delivered', 'unchanged', 'empty']);

/** Whether nothing more is going to happen to the window by itself. */
export function isClosed(state: WindowState): boolean {
  return closedStates.has(state);
}

/** Whether the dataset holds what the newest export of the window gave. */
export function endedWell(state: WindowState): boolean {
  return goodStates.has(state);
}

/** What a window's ledger says of its newest delivery. An `unchanged` window shows the delivery that still stands. */
export function summarizeWindow(ledger: Ledger): WindowSummary {
  const { date, state, activeBatch, deliveries, updatedAt } = ledger;
  const newest = deliveries[0];
  const shown =
    state === 'unchanged' ? (deliveries.find((one) => one.batchId === activeBatch) ?? newest) : newest;
  const closedAt = isClosed(state) ? updatedAt : null;
  if (shown === undefined || state === 'empty') {
    return { date, state, ...nothing, batchId: null, completedAt: shown?.completedAt ?? closedAt };
  }
  const { received, duplicates, filtered, rejected, accepted, batchId, completedAt } = shown;
  return { date, state, received, duplicates, filtered, rejected, accepted, batchId, completedAt };
}

const nothing = { received: 0, duplicates: 0, filtered: 0, rejected: 0, accepted: 0 } as const;
