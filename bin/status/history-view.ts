import { ledgerKey } from '../../functions/shared/object-keys.ts';
import { grouped } from '../local/progress-view.ts';
import type { Paint } from '../operator/paint.ts';
import { inLine, onOneLine } from '../operator/printable.ts';
import { renderTable } from '../table.ts';
import { contextOf } from './places.ts';
import { notReadable, storedTrouble } from './stored-troubles.ts';
import { durationText, timeText } from './time-text.ts';
import { troubleLines } from './trouble-view.ts';
import type { WindowHistory } from './window-history.ts';

const runColumns = [
  { heading: 'run' },
  { heading: 'completed' },
  { heading: 'took', right: true },
  { heading: 'queries', right: true },
  { heading: 'parts', right: true },
  { heading: 'records', right: true },
  { heading: 'duplicates', right: true },
  { heading: 'bytes', right: true },
];
const deliveryColumns = [
  { heading: 'started' },
  { heading: 'run' },
  { heading: 'why' },
  { heading: 'received', right: true },
  { heading: 'duplicates', right: true },
  { heading: 'filtered', right: true },
  { heading: 'rejected', right: true },
  { heading: 'delivered', right: true },
  { heading: 'failed', right: true },
  { heading: 'batch' },
  { heading: 'outcome' },
];

/** A window's whole history for people. */
export function historyView(history: WindowHistory, paint: Paint, suffix: string): string {
  const { source, date, ledger, runs } = history;
  const command = `--source ${source}${suffix}`;
  if (ledger === undefined && runs.length === 0 && history.unreadable.length === 0) {
    return `${source} ${date}: nothing was ever exported\n  connector replay ${date} ${command}\n`;
  }
  return [
    `${paint.bold(`${source} ${date}`)}  ${stateText(history)}`,
    ...(ledger?.error ? [paint.bad(onOneLine(ledger.error))] : []),
    ...(ledger?.activeBatch ? [`active batch: ${inLine(ledger.activeBatch)}`] : []),
    '',
    'Runs in the archive',
    runs.length === 0 ? 'none' : renderTable(runColumns, runs.map(runRow)),
    '',
    'Deliveries, newest first',
    ledger === undefined || ledger.deliveries.length === 0
      ? 'none'
      : renderTable(deliveryColumns, ledger.deliveries.map(deliveryRow(paint))),
    '',
    ...rejectedLines(history),
    ...history.deadLetters.map(
      ({ queue, code, reason, sentAt }) =>
        `${paint.bad('!')} dead letter of the ${queue} queue, ${timeText(Date.parse(sentAt))}, ${code}: ${reason}`,
    ),
    ...unreadableLines(history, paint, suffix),
    `export and deliver it again: connector replay ${date} ${command}`,
    `deliver what is stored again: connector replay ${date} --reload ${command}`,
    '',
  ].join('\n');
}

function stateText({ source, date, ledger, unreadable }: WindowHistory): string {
  if (ledger !== undefined) return `${ledger.state}, ${timeText(Date.parse(ledger.updatedAt))}`;
  const key = ledgerKey({ source, date });
  return unreadable.some((one) => one.key === key) ? `its ledger ${notReadable}` : 'no ledger';
}

function unreadableLines({ unreadable, places }: WindowHistory, paint: Paint, suffix: string): string[] {
  const context = contextOf(places, suffix);
  return unreadable.flatMap((one) => [...troubleLines(storedTrouble(one, context), paint), '']);
}

function runRow({ run, completedAt, startedAt, requests, parts, ...counts }: WindowHistory['runs'][number]) {
  return [
    run,
    timeText(Date.parse(completedAt)),
    durationText(Date.parse(completedAt) - Date.parse(startedAt)),
    String(requests),
    String(parts.length),
    grouped(counts.records),
    grouped(counts.duplicates),
    grouped(counts.bytes),
  ];
}

function deliveryRow(paint: Paint) {
  return (delivery: NonNullable<WindowHistory['ledger']>['deliveries'][number]) => {
    const { error, completedAt } = delivery;
    const outcome =
      completedAt === null
        ? { text: 'open', paint: paint.busy }
        : error === undefined
          ? { text: 'delivered', paint: paint.good }
          : { text: onOneLine(error), paint: paint.bad };
    return [
      timeText(Date.parse(delivery.startedAt)),
      delivery.run,
      delivery.reason ?? '–',
      grouped(delivery.received),
      grouped(delivery.duplicates),
      grouped(delivery.filtered),
      grouped(delivery.rejected),
      grouped(delivery.accepted),
      grouped(delivery.failed),
      delivery.batchId ?? '–',
      outcome,
    ];
  };
}

function rejectedLines({ rejected }: WindowHistory): string[] {
  if (rejected === undefined) return [];
  const { problem } = rejected;
  return [
    `Rejected records of run ${rejected.run}, most frequent reason first`,
    ...rejected.reasons
      .slice(0, 20)
      .map(
        ({ reason, path, count }) =>
          `${grouped(count, 10)}  ${inLine(path === null ? reason : `${path}: ${reason}`)}`,
      ),
    ...(problem === undefined ? [] : [inLine(`reasons can't be read now: ${problem}`)]),
    '',
  ];
}

/** The same for programs. */
export function historyJson({
  source,
  date,
  ledger,
  runs,
  rejected,
  deadLetters,
  unreadable,
}: WindowHistory) {
  return {
    source,
    date,
    ledger: ledger ?? null,
    runs,
    rejected: rejected ?? null,
    unreadable,
    deadLetters: deadLetters.map(({ queue, code, reason, request, sentAt }) => ({
      queue,
      code,
      reason,
      request: request ?? null,
      sentAt,
    })),
  };
}
