import type { Attention } from '../../functions/shared/attention.ts';
import { countLeft } from '../../functions/shared/backfill.ts';
import { windowsBetween } from '../../functions/shared/window.ts';
import { grouped } from '../local/progress-view.ts';
import type { Paint } from '../operator/paint.ts';
import { differenceLines, reconciledFacts } from '../reconcile/reconciled-view.ts';
import { calendar } from './calendar.ts';
import type { BackfillStatus, SourceStatus } from './source-status.ts';
import { durationText, timeText } from './time-text.ts';

/** How a status is shown. */
export interface StatusStyle {
  readonly paint: Paint;
  readonly nowMs: number;
  /** Every month of the calendar. */
  readonly all: boolean;
  /** What every command that is suggested must have: `--config FILE`, `--data DIR` and their like. */
  readonly suffix: string;
}

/** Windows in trouble that are told one by one. */
const mostTold = 10;

/** A source's status for people: what is wrong first. */
export function statusView(status: SourceStatus, style: StatusStyle): string {
  const { mixpanel, platform, id } = status.settings;
  const lines = [
    `${style.paint.bold(id)}  Mixpanel project ${mixpanel.projectId} (${mixpanel.region}) → dataset ${platform.datasetId} in sandbox ${platform.sandbox}`,
    '',
    ...headline(status, style),
    ...(status.windows.length === 0 ? [] : ['', ...calendar(status, style.paint, style.all)]),
    '',
    ...facts(status, style),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function headline(status: SourceStatus, style: StatusStyle): string[] {
  const { paint } = style;
  const { attention, findings, deadLetters, unreadable, windows, reconciled } = status;
  const { differences } = reconciled;
  const troubles = [
    ...attention.slice(0, mostTold).flatMap((one) => troubleLines(status, one, style)),
    ...(attention.length > mostTold ? [`  … and ${attention.length - mostTold} windows more`] : []),
    ...findings.flatMap(({ what, remedy }) => [`${paint.bad('!')} ${what}`, `              ${remedy}`]),
    ...differenceLines(status, style, mostTold),
    ...unreadable.map(({ problem }) => `${paint.bad('!')} ${problem}`),
    ...deadLetterLines(status, style),
  ];
  if (troubles.length > 0) {
    const counts = [
      ...(attention.length > 0 ? [`${attention.length} ${plural('window', attention.length)}`] : []),
      ...(findings.length > 0 ? ['the set-up'] : []),
      ...(differences.length > 0
        ? [`${differences.length} ${plural('window', differences.length)} otherwise in Platform`]
        : []),
      ...(deadLetters.count > 0 ? [`${deadLetters.count} ${plural('dead letter', deadLetters.count)}`] : []),
      ...(unreadable.length > 0
        ? [`${unreadable.length} unreadable ${plural('ledger', unreadable.length)}`]
        : []),
    ];
    return [paint.bad(`Needs you: ${counts.join(', ')}`), '', ...troubles];
  }
  if (windows.length === 0) return [paint.warn('Nothing was exported yet.')];
  return [paint.good('All is well.')];
}

function troubleLines(
  { settings }: SourceStatus,
  { date, kind, since, why }: Attention,
  { paint, nowMs, suffix }: StatusStyle,
): string[] {
  const sinceMs = Date.parse(since);
  const what = kind === 'missing' ? 'not delivered' : kind;
  const next =
    kind === 'missing' ? `replay ${date} --source ${settings.id}` : `status ${date} --source ${settings.id}`;
  return [
    `${paint.bad('!')} ${date}  ${what} since ${timeText(sinceMs)} (${durationText(nowMs - sinceMs)}): ${why}`,
    `              connector ${next}${suffix}`,
  ];
}

function deadLetterLines({ settings, deadLetters }: SourceStatus, { paint, suffix }: StatusStyle): string[] {
  const byCode = new Map<string, { count: number; queue: string; reason: string; windows: Set<string> }>();
  for (const { code, queue, reason, window } of deadLetters.letters) {
    const known = byCode.get(code) ?? { count: 0, queue, reason, windows: new Set<string>() };
    known.count += 1;
    if (window !== undefined) known.windows.add(window);
    byCode.set(code, known);
  }
  const lines = [...byCode].flatMap(([code, { count, queue, reason, windows }]) => [
    `${paint.bad('!')} ${count} ${plural('dead letter', count)} of the ${queue} queue, ${code}: ${listed([...windows].sort())}`,
    `              ${reason}`,
    `              when its cause is mended: connector redrive --code ${code} --source ${settings.id}${suffix}`,
  ]);
  const unseen = deadLetters.count - deadLetters.letters.length;
  // A count without letters: another reader holds them at this moment.
  return unseen > 0 ? [...lines, `${paint.bad('!')} ${unseen} more dead letters, not looked at`] : lines;
}

function listed(windows: readonly string[]): string {
  if (windows.length === 0) return 'of no window';
  const shown = windows.slice(0, 3).join(', ');
  return windows.length > 3 ? `${shown} and ${windows.length - 3} more` : shown;
}

function facts(status: SourceStatus, { nowMs, paint }: StatusStyle): string[] {
  const { settings, running, queues, budget, batches, schedule, backfills } = status;
  const atWork = running.map(({ summary }) => `${summary.date} ${summary.state}`);
  const more = atWork.length > 5 ? ` and ${atWork.length - 5} more` : '';
  const rest =
    budget.blockedUntilMs === undefined
      ? ''
      : `; Mixpanel asked for a pause until ${timeText(budget.blockedUntilMs)}`;
  return [
    fact('Last delivery', lastDelivery(status)),
    fact('Running', atWork.length === 0 ? 'nothing' : `${atWork.slice(0, 5).join(', ')}${more}`),
    fact(
      'Queues',
      `${queues.windows} ${plural('message', queues.windows)} for export, ${queues.loads} for delivery`,
    ),
    ...backfills.filter(isOfInterest).map((one) => fact('Backfill', backfillText(one, paint))),
    ...reconciledFacts(status).map(([name, text]) => fact(name, text)),
    fact('Dead letters', status.deadLetters.count === 0 ? 'none' : String(status.deadLetters.count)),
    fact('Budget', `${budget.left} of ${settings.mixpanel.hourlyQueryBudget} queries left this hour${rest}`),
    fact(
      'Batches',
      `${batches.used} of ${batches.dailyBudget} opened in the last 24 hours, by all sources of the sandbox; backfill waits at ${batches.backfillUpTo}`,
    ),
    fact(
      'Schedule',
      settings.schedule.enabled
        ? `daily at ${settings.schedule.at} ${settings.mixpanel.timezone}, look-back ${settings.schedule.lookbackDays} ${plural('day', settings.schedule.lookbackDays)}; next ${timeText(schedule.nextMs)} (in ${durationText(schedule.nextMs - nowMs)})`
        : 'off',
    ),
  ];
}

function fact(name: string, text: string): string {
  return `${name.padEnd(14)}  ${text}`;
}

function isOfInterest({ backfill }: BackfillStatus): boolean {
  return backfill.state === 'running' || backfill.state === 'paused';
}

function lastDelivery({ windows }: SourceStatus): string {
  const delivered = windows.filter(({ summary }) => summary.batchId !== null && summary.completedAt !== null);
  const newest = delivered.reduce<(typeof delivered)[number] | undefined>(
    (one, other) => ((other.summary.completedAt ?? '') >= (one?.summary.completedAt ?? '') ? other : one),
    undefined,
  );
  if (newest === undefined) return 'none yet';
  const { date, received, duplicates, filtered, rejected, accepted, batchId, completedAt } = newest.summary;
  return (
    `${date}: ${grouped(received)} received, ${grouped(duplicates)} duplicates, ${grouped(filtered)} filtered, ` +
    `${grouped(rejected)} rejected, ${grouped(accepted)} delivered; batch ${batchId}, ${timeText(Date.parse(completedAt ?? ''))}`
  );
}

const barWidth = 20;

/** How far a backfill is, on one line. */
export function backfillText({ backfill, endsMs }: BackfillStatus, paint: Paint): string {
  const { from, to, state, failed, reload, request } = backfill;
  const total = windowsBetween(from, to).length;
  const past = total - countLeft(backfill);
  const filled = Math.floor((barWidth * past) / total);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
  const end = endsMs === undefined ? '' : `, ends ${timeText(endsMs)} at the earliest`;
  const failures = failed === 0 ? '' : `, ${paint.bad(`${failed} failed`)}`;
  return `${from} … ${to}${reload ? ' (reload)' : ''} ${bar} ${past} of ${total}${failures}, ${state}${end}  ${paint.dim(request)}`;
}

/** @example plural('window', 2) === 'windows' */
export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}
