import { grouped } from '../local/progress-view.ts';
import type { SourceStatus } from '../status/source-status.ts';
import { timeText } from '../status/time-text.ts';
import { type Html, html } from './html.ts';
import type { SourceReport } from './report-data.ts';

/** Windows in the table of deliveries; the calendar has all. */
const mostDeliveries = 60;
/** Names listed of a window's drift, and reasons of its rejections; the archive has all. */
const mostNames = 40;
const mostReasons = 20;

/** What needs somebody, or that nothing does. */
export function attentionSection({
  settings,
  attention,
  findings,
  deadLetters,
  unreadable,
  reconciled: { differences },
}: SourceStatus): Html {
  const known = attention.length + findings.length + deadLetters.count + unreadable.length;
  if (known + differences.length === 0) {
    return html`<p class="well">All is well: every window that was due is delivered.</p>`;
  }
  const source = `--source ${settings.id}`;
  return html`
    <ul class="trouble">
      ${attention.map(({ date, kind, since, why }) => html`<li><b>${date} ${kind}</b> since ${timeText(Date.parse(since))}: ${why}<br><code>connector status ${date} ${source}</code></li>`)}
      ${findings.map(({ what, remedy }) => html`<li><b>Set-up</b> ${what}<br>${remedy}</li>`)}
      ${differences.map(({ date, checkedAt, texts }) => html`<li><b>${date} otherwise in Platform</b>, as asked ${timeText(Date.parse(checkedAt))}: ${texts.join('; ')}<br><code>connector status ${date} --reconcile ${source}</code></li>`)}
      ${deadLetters.letters.map(({ queue, code, reason, sentAt }) => html`<li><b>Dead letter</b> of the ${queue} queue, ${timeText(Date.parse(sentAt))}, ${code}: ${reason}<br><code>connector redrive --code ${code} ${source}</code></li>`)}
      ${unreadable.map(({ key, problem }) => html`<li><b>Unreadable</b> ${key}: ${problem}</li>`)}
    </ul>`;
}

/** What happens now, and next. */
export function workSection({ running, queues, backfills, budget, schedule, settings }: SourceStatus): Html {
  const rows: (readonly [string, string])[] = [
    ['Next run', settings.schedule.enabled ? timeText(schedule.nextMs) : 'the schedule is switched off'],
    ['At work', `${running.length} windows; ${queues.windows} and ${queues.loads} messages wait`],
    ['Export queries', `${budget.used} in the last hour, ${budget.left} left`],
    ...backfills.map(({ backfill, endsMs }) => {
      const { from, to, state, done, failed } = backfill;
      const end = endsMs === undefined ? '' : `, done by ${timeText(endsMs)} at the earliest`;
      return [`Backfill ${from} to ${to}`, `${state}: ${done} done, ${failed} failed${end}`] as const;
    }),
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
    ({ date, rejected, reasons }) => html`
    <h4>${date}: ${grouped(rejected)} rejected</h4>
    <div class="scroll"><table>
      <thead><tr><th>records</th><th>path</th><th>reason</th></tr></thead>
      <tbody>${reasons.slice(0, mostReasons).map(({ count, path, reason }) => html`<tr><td class="number">${grouped(count)}</td><td>${path ?? ''}</td><td>${reason}</td></tr>`)}</tbody>
    </table></div>`,
  )}`;
}

/** Which properties came, went or changed type. */
export function driftSection({ drift }: SourceReport): Html {
  if (drift.length === 0) return html`<p>No property appeared, vanished or changed its type.</p>`;
  return html`${drift.map(
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
