import { grouped } from '../local/progress-view.ts';
import { standing, verdict } from '../status/headline.ts';
import { contextOf } from '../status/places.ts';
import type { SourceStatus } from '../status/source-status.ts';
import { unreadBackfills } from '../status/status-view.ts';
import { notReadable, storedTrouble } from '../status/stored-troubles.ts';
import { timeText } from '../status/time-text.ts';
import { type Trouble, type TroubleOptions, troublesOf } from '../status/troubles.ts';
import { type Html, html } from './html.ts';
import type { SourceReport } from './report-data.ts';

/** Windows in the table of deliveries; the calendar has all. */
const mostDeliveries = 60;
/** Names listed of a window's drift, and reasons of its rejections; the archive has all. */
const mostNames = 40;
const mostReasons = 20;

/** What needs somebody, or that nothing does. */
export function attentionSection(status: SourceStatus, options: TroubleOptions): Html {
  const troubles = troublesOf(status, options);
  if (troubles.length === 0)
    return html`<p class="well">All is well: every window that was due is delivered.</p>`;
  const { delivered, schedule } = standing(status);
  return html`
    <p><b>${verdict(status, troubles, options.nowMs)}</b>. ${delivered} ${schedule ?? ''}</p>
    <ul class="trouble">${troubles.map(troubleItem)}</ul>`;
}

function troubleItem({ what, facts, steps, details, more }: Trouble): Html {
  return html`<li><b>${what}</b>
      ${facts.map((fact) => html`<br>${fact}`)}
      ${steps.length === 0 ? html`<br>` : html`<ol>${steps.map((step) => html`<li>${step.split('\n').map((line, index) => html`${index === 0 ? '' : html`<br>`}${line}`)}</li>`)}</ol>`}
      ${details === undefined ? '' : html`<span class="dim">details: ${details}</span><br>`}
      ${more === undefined ? '' : html`<span class="dim">more: <code>${more}</code></span>`}</li>`;
}

/** What happens now, and next. */
export function workSection(status: SourceStatus): Html {
  const { running, queues, backfills, budget, schedule, settings } = status;
  const rows: (readonly [string, string])[] = [
    ['Next run', settings.schedule.enabled ? timeText(schedule.nextMs) : 'the schedule is switched off'],
    ['At work', `${running.length} windows; ${queues.windows} and ${queues.loads} messages wait`],
    [
      'Export queries',
      budget === undefined ? notReadable : `${budget.used} in the last hour, ${budget.left} left`,
    ],
    ...backfills.map(({ backfill, endsMs }) => {
      const { from, to, state, done, failed } = backfill;
      const end = endsMs === undefined ? '' : `, done by ${timeText(endsMs)} at the earliest`;
      return [`Backfill ${from} to ${to}`, `${state}: ${done} done, ${failed} failed${end}`] as const;
    }),
    ...unreadBackfills(status).map((key) => ['Backfill', `${notReadable}: ${key}`] as const),
  ];
  return html`<table class="facts">${rows.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`)}</table>`;
}

const columns = [
  'window',
  'state',
  'received',
  'duplicates',
  'filtered',
  'rejected',
  'delivered',
  'completed',
  'batch',
];

/** The newest windows' numbers, newest first. */
export function deliveriesSection({ windows }: SourceStatus): Html {
  const rows = windows.slice(-mostDeliveries).reverse();
  return html`
    <div class="scroll"><table>
      <thead><tr>${columns.map((name) => html`<th>${name}</th>`)}</tr></thead>
      <tbody>${rows.map(
        ({ summary }) => html`<tr>
        <td>${summary.date}</td><td class="${summary.state}">${summary.state}</td>
        ${[summary.received, summary.duplicates, summary.filtered, summary.rejected, summary.accepted].map((count) => html`<td class="number">${grouped(count)}</td>`)}
        <td>${summary.completedAt === null ? '–' : timeText(Date.parse(summary.completedAt))}</td><td><code>${summary.batchId ?? '–'}</code></td>
      </tr>`,
      )}</tbody>
    </table></div>`;
}

/** Why records were rejected; never what was in them. */
export function rejectionsSection({ rejections }: SourceReport): Html {
  if (rejections.length === 0) return html`<p>No record was rejected.</p>`;
  return html`${rejections.map(
    ({ date, rejected, reasons, problem }) => html`
    <h4>${date}: ${grouped(rejected)} rejected</h4>
    <div class="scroll"><table>
      <thead><tr><th>records</th><th>path</th><th>reason</th></tr></thead>
      <tbody>${reasons.slice(0, mostReasons).map(({ count, path, reason }) => html`<tr><td class="number">${grouped(count)}</td><td>${path ?? ''}</td><td>${reason}</td></tr>`)}</tbody>
    </table></div>${problem === undefined ? '' : html`<p>Reasons can't be read now: ${problem}</p>`}`,
  )}`;
}

/** Which properties came, went or changed type. */
export function driftSection({ drift, status, unreadable }: SourceReport, { suffix }: TroubleOptions): Html {
  const context = contextOf(status, suffix);
  const unread =
    unreadable.length === 0
      ? ''
      : html`<ul class="trouble">${unreadable.map((one) => troubleItem(storedTrouble(one, context)))}</ul>`;
  if (drift.length === 0)
    return html`${unread}<p>${unread === '' ? '' : 'On the other days: '}No property appeared, vanished or changed its type.</p>`;
  return html`${unread}${drift.map(
    ({ date, drift: found }) => html`
    <h4>${date}, against ${found.since.date}</h4>
    <table class="facts">
      ${nameRow('Appeared', found.appeared)}
      ${nameRow('Vanished', found.vanished)}
      ${nameRow(
        'Changed',
        found.changed.map(({ name, from, to }) => `${name}: ${from.join(', ')} → ${to.join(', ')}`),
      )}
    </table>`,
  )}`;
}

function nameRow(heading: string, names: readonly string[]): Html {
  if (names.length === 0) return html``;
  const more = names.length > mostNames ? html` and ${names.length - mostNames} more` : html``;
  return html`<tr><th>${heading}</th><td>${names.slice(0, mostNames).map((name) => html`<code>${name}</code> `)}${more}</td></tr>`;
}
