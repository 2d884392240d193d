import { grouped } from '../local/progress-view.ts';
import type { SourceStatus } from '../status/source-status.ts';
import { timeText } from '../status/time-text.ts';
import { refusedByPlatform } from './refused-by-platform.ts';

/** What ledgers and the last reconciliation say of what is in the dataset, each with its name. */
export function reconciledFacts(status: SourceStatus): (readonly [name: string, text: string])[] {
  const { whole } = status.reconciled;
  const { rows, windows, newest } = refusedByPlatform(status);
  const refused = `${grouped(rows)} rows by Platform, in ${grouped(windows)} windows, the newest ${newest}`;
  const reconciled =
    whole === null
      ? 'never as a whole; connector status --reconcile asks Platform whether it holds what was delivered'
      : `${timeText(Date.parse(whole.at))}, days that were compared with Platform: ${grouped(whole.windows)}`;
  return [...(rows === 0 ? [] : [['Refused', refused] as const]), ['Reconciled', reconciled]];
}
