import { endedWell } from '../../functions/shared/window-summary.ts';
import type { SourceStatus } from '../status/source-status.ts';

/** Rows that were sent and that Platform refused, in windows that are delivered all the same, by the ledgers. */
export function refusedByPlatform({ windows }: Pick<SourceStatus, 'windows'>) {
  const found = windows.flatMap(({ summary }) => {
    const { received, duplicates, filtered, rejected, accepted, date, state } = summary;
    const rows = endedWell(state) ? received - duplicates - filtered - rejected - accepted : 0;
    return rows > 0 ? [{ date, rows }] : [];
  });
  return {
    rows: found.reduce((sum, { rows }) => sum + rows, 0),
    windows: found.length,
    newest: found.at(-1)?.date ?? null,
  };
}
