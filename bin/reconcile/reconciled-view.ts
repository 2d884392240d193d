import { grouped } from '../local/progress-view.ts';
import type { SourceStatus } from '../status/source-status.ts';
import type { StatusStyle } from '../status/status-view.ts';
import { timeText } from '../status/time-text.ts';
import { refusedByPlatform } from './refused-by-platform.ts';

/** Windows that Platform was found to hold otherwise than their ledgers say. */
export function differenceLines(
  { settings, reconciled: { differences } }: SourceStatus,
  { paint, suffix }: StatusStyle,
  most: number,
): string[] {
  return [
    ...differences
      .slice(0, most)
      .flatMap(({ date, checkedAt, texts }) => [
        `${paint.bad('!')} ${date}  otherwise in Platform, as asked ${timeText(Date.parse(checkedAt))}: ${texts.join('; ')}`,
        `              connector status ${date} --reconcile --source ${settings.id}${suffix}`,
      ]),
    ...(differences.length > most ? [`  … and ${differences.length - most} windows more`] : []),
  ];
}

/** What ledgers and the last reconciliation say of what is in the dataset, each with its name. */
export function reconciledFacts(status: SourceStatus): (readonly [name: string, text: string])[] {
  const { whole } = status.reconciled;
  const { rows, windows, newest } = refusedByPlatform(status);
  const refused = `${grouped(rows)} rows by Platform, in ${grouped(windows)} windows, the newest ${newest}`;
  const reconciled =
    whole === null
      ? 'never as a whole; --reconcile asks Platform whether it holds what the ledgers say'
      : `${timeText(Date.parse(whole.at))}, windows held to Platform: ${grouped(whole.windows)}`;
  return [...(rows === 0 ? [] : [['Refused', refused] as const]), ['Reconciled', reconciled]];
}
