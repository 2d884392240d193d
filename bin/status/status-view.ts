import { countLeft, isOpen } from '../../functions/shared/backfill.ts';
import { messageKeptDays } from '../../functions/shared/messages.ts';
import { backfillPrefix } from '../../functions/shared/object-keys.ts';
import type { BudgetLeft } from '../../functions/shared/query-budget.ts';
import type { SourceSettings } from '../../functions/shared/source-settings.ts';
import { windowsBetween } from '../../functions/shared/window.ts';
import { endedWell } from '../../functions/shared/window-summary.ts';
import { grouped } from '../local/progress-view.ts';
import type { Paint } from '../operator/paint.ts';
import { inLine } from '../operator/printable.ts';
import { reconciledFacts } from '../reconcile/reconciled-view.ts';
import { calendar } from './calendar.ts';
import type { BackfillStatus, SourceStatus } from './source-status.ts';
import { notReadable } from './stored-troubles.ts';
import { durationText, timeText } from './time-text.ts';
import { troubleView } from './trouble-view.ts';

/** How a status is shown. */
export interface StatusStyle {
  readonly paint: Paint;
  readonly nowMs: number;
  /** Every month of the calendar. */
  readonly all: boolean;
  /** What every command that is suggested must have: `--config FILE`, `--data DIR` and their like. */
  readonly suffix: string;
  /** Whether it is a local connector's, to which nothing is deployed. */
  readonly isLocal: boolean;
}

/** A source's status for people: what is wrong first. */
export function statusView(status: SourceStatus, style: StatusStyle): string {
  const { mixpanel, platform, id } = status.settings;
  const lines = [
    `${style.paint.bold(id)}  Mixpanel project ${mixpanel.projectId} (${mixpanel.region}) → dataset ${platform.datasetId} in sandbox ${platform.sandbox}`,
    '',
    ...troubleView(status, style),
    ...(status.windows.length === 0 ? [] : ['', ...calendar(status, style.paint, style.all)]),
    '',
    ...facts(status, style),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function facts(status: SourceStatus, { nowMs, paint }: StatusStyle): string[] {
  const { settings, running, queues, budget, batches, schedule, backfills } = status;
  const atWork = running.map(({ summary }) => `${summary.date} ${summary.state}`);
  const more = atWork.length > 5 ? ` and ${atWork.length - 5} more` : '';
  return [
    fact('Last delivery', lastDelivery(status)),
    fact('Running', atWork.length === 0 ? 'nothing' : `${atWork.slice(0, 5).join(', ')}${more}`),
    fact(
      'Queues',
      `${queues.windows} ${plural('message', queues.windows)} for export, ${queues.loads} for delivery`,
    ),
    ...backfills.filter(isOfInterest).map((one) => fact('Backfill', backfillText(one, paint))),
    ...unreadBackfills(status).map((key) => fact('Backfill', `${notReadable}: ${inLine(key)}`)),
    ...reconciledFacts(status).map(([name, text]) => fact(name, text)),
    fact(
      'Dead letters',
      status.deadLetters.count === 0
        ? 'none'
        : `${status.deadLetters.count} (messages that were given up, kept for ${messageKeptDays} days)`,
    ),
    fact('Budget', budget === undefined ? notReadable : budgetText(budget, settings)),
    fact(
      'Batches',
      batches.used === undefined
        ? notReadable
        : `${batches.used} of ${batches.dailyBudget} opened in the last 24 hours, by all sources of the sandbox; new days never wait, a backfill of past days does from ${batches.backfillUpTo} on`,
    ),
    fact(
      'Schedule',
      settings.schedule.enabled
        ? `daily at ${settings.schedule.at} ${settings.mixpanel.timezone}, look-back ${settings.schedule.lookbackDays} ${plural('day', settings.schedule.lookbackDays)}; next ${timeText(schedule.nextMs)} (in ${durationText(schedule.nextMs - nowMs)})`
        : 'off: no new day is exported',
    ),
  ];
}

function fact(name: string, text: string): string {
  return `${name.padEnd(14)}  ${text}`;
}

function budgetText({ left, blockedUntilMs }: BudgetLeft, { mixpanel }: SourceSettings): string {
  const rest =
    blockedUntilMs === undefined ? '' : `; Mixpanel asked for a pause until ${timeText(blockedUntilMs)}`;
  return `${left} of ${mixpanel.hourlyQueryBudget} queries left this hour, for exports from Mixpanel${rest}`;
}

/** Keys of the records of backfills that can't be read. */
export function unreadBackfills({ unreadable, settings }: SourceStatus): string[] {
  return unreadable.map(({ key }) => key).filter((key) => key.startsWith(backfillPrefix(settings.id)));
}

function isOfInterest({ backfill }: BackfillStatus): boolean {
  return isOpen(backfill);
}

function lastDelivery({ windows }: SourceStatus): string {
  const delivered = windows.filter(
    ({ summary }) =>
      summary.batchId !== null &&
      summary.completedAt !== null &&
      (summary.accepted > 0 || endedWell(summary.state)),
  );
  const newest = delivered.reduce<(typeof delivered)[number] | undefined>(
    (one, other) => ((other.summary.completedAt ?? '') >= (one?.summary.completedAt ?? '') ? other : one),
    undefined,
  );
  if (newest === undefined) return 'none yet';
  const { date, received, duplicates, filtered, rejected, accepted, batchId, completedAt } = newest.summary;
  return (
    `${date}: ${grouped(received)} received, ${grouped(duplicates)} duplicates, ${grouped(filtered)} filtered, ` +
    `${grouped(rejected)} rejected, ${grouped(accepted)} delivered; batch ${inLine(batchId ?? '')}, ${timeText(Date.parse(completedAt ?? ''))}`
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
