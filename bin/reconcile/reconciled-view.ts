import { grouped } from '../local/progress-view.ts';
import type { SourceStatus } from '../status/source-status.ts';
import { notReadable } from '../status/stored-troubles.ts';
import { timeText } from '../status/time-text.ts';
import { refusedByPlatform } from './refused-by-platform.ts';

/** What ledgers and the last reconciliation say of what is in the dataset, each with its name. */
export function reconciledFacts(status: SourceStatus): (readonly [name: string, text: string])[] {
  const { rows, windows, newest } = refusedByPlatform(status);
  const refused = `${grouped(rows)} rows by Platform, in ${grouped(windows)} windows, the newest ${newest}`;
  return [...(rows === 0 ? [] : [['Refused', refused] as const]), ['Reconciled', reconciledText(status)]];
}

function reconciledText({ reconciled }: SourceStatus): string {
  if (reconciled === undefined) return notReadable;
  const { whole } = reconciled;
  return whole === null
    ? 'never as a whole; connector status --reconcile asks Platform whether it holds what was delivered'
    : `${timeText(Date.parse(whole.at))}, days that were compared with Platform: ${grouped(whole.windows)}`;
}
