import { type Mark, marksOf } from '../status/day-marks.ts';
import type { SourceStatus } from '../status/source-status.ts';
import { type Html, html } from './html.ts';

/** The letter says what the colour says, for those who can't tell colours apart. */
const letters: Readonly<Record<Mark, string>> = {
  delivered: '',
  empty: '∅',
  'at work': '…',
  rejected: 'R',
  failed: 'F',
  missing: '!',
  'not asked for': '',
};

/** Every month since the first window, a square for each day. */
export function calendarSection(status: SourceStatus): Html {
  const marks = marksOf(status);
  const months = [...new Set([...marks.keys()].map((date) => date.slice(0, 7)))].sort().reverse();
  if (months.length === 0) return html`<p>No window has been exported yet.</p>`;
  return html`
    <div class="calendar">${months.map((month) => monthGrid(month, marks))}</div>
    <p class="legend">${legend(marks)}</p>`;
}

function monthGrid(month: string, marks: ReadonlyMap<string, Mark>): Html {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  // Monday first, as ISO 8601 counts.
  const before = (new Date(Date.UTC(year, number - 1, 1)).getUTCDay() + 6) % 7;
  const squares = Array.from({ length: days }, (_, index) => daySquare(month, index + 1, marks));
  return html`
    <figure class="month">
      <figcaption>${month}</figcaption>
      <div class="days">${Array.from({ length: before }, () => html`<span></span>`)}${squares}</div>
    </figure>`;
}

function daySquare(month: string, day: number, marks: ReadonlyMap<string, Mark>): Html {
  const date = `${month}-${String(day).padStart(2, '0')}`;
  const mark = marks.get(date) ?? 'not asked for';
  return html`<span class="day ${className(mark)}" title="${date}: ${mark}">${letters[mark] || day}</span>`;
}

function legend(marks: ReadonlyMap<string, Mark>): Html[] {
  const counts = new Map<Mark, number>();
  for (const mark of marks.values()) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  return [...counts].map(
    ([mark, count]) =>
      html`<span><i class="day ${className(mark)}">${letters[mark]}</i> ${mark} ${count}</span> `,
  );
}

function className(mark: Mark): string {
  return mark.replaceAll(' ', '-');
}
