import type { WindowSummary } from '../../functions/shared/window-summary.ts';
import { grouped } from '../local/progress-view.ts';
import { type Html, html } from './html.ts';

/** Days shown: a quarter, the newest to the right. */
const mostDays = 92;
const width = 920;
const height = 220;
const left = 70;
const bottom = 24;
const top = 8;
const gridLines = 4;

/** Records per day: delivered, and on top of them what was rejected or refused. */
export function countsChart(windows: readonly WindowSummary[]): Html {
  const days = windows.slice(-mostDays);
  const largest = Math.max(1, ...days.map(({ accepted, rejected }) => accepted + rejected));
  const ceiling = roundedUp(largest);
  const step = (width - left) / Math.max(days.length, 14);
  const toY = (count: number) => top + (height - top - bottom) * (1 - count / ceiling);
  const lines = Array.from({ length: gridLines + 1 }, (_, index) => {
    const count = (ceiling * index) / gridLines;
    return html`<line x1="${left}" x2="${width}" y1="${toY(count)}" y2="${toY(count)}" class="grid"/><text x="${left - 6}" y="${toY(count) + 4}" text-anchor="end">${shortCount(count)}</text>`;
  });
  const bars = days.map((day, index) => bar(day, { x: left + index * step, step, toY }));
  const labelled = [...new Set([0, Math.floor(days.length / 2), days.length - 1])];
  const labels = labelled.flatMap((index) => {
    const date = days[index]?.date;
    const anchor = index === 0 ? 'start' : index === days.length - 1 && days.length > 20 ? 'end' : 'middle';
    return date === undefined
      ? []
      : [
          html`<text x="${left + (index + 0.5) * step}" y="${height - 6}" text-anchor="${anchor}">${date}</text>`,
        ];
  });
  return html`
    <div class="chart"><svg viewBox="0 0 ${width} ${height}" role="img"
      aria-label="Records delivered and rejected per day, ${days.length === 1 ? 'one window' : `the newest ${days.length} windows`}">${lines}${bars}${labels}</svg></div>
    <p class="legend"><span><i class="day delivered"></i> delivered</span> <span><i class="day rejected"></i> rejected</span></p>`;
}

interface Place {
  readonly x: number;
  readonly step: number;
  readonly toY: (count: number) => number;
}

function bar({ date, accepted, rejected }: WindowSummary, { x, step, toY }: Place): Html {
  const barWidth = Math.max(1, step * 0.8);
  const rect = (from: number, to: number, kind: string) =>
    to > from
      ? html`<rect x="${x}" width="${barWidth}" y="${toY(to)}" height="${Math.max(0.5, toY(from) - toY(to))}" class="${kind}"/>`
      : html``;
  return html`<g><title>${date}: ${grouped(accepted)} delivered, ${grouped(rejected)} rejected</title>${rect(0, accepted, 'delivered')}${rect(accepted, accepted + rejected, 'rejected')}</g>`;
}

/** The next 1, 2 or 5 with noughts, so that the lines of the grid have round numbers. */
function roundedUp(count: number): number {
  const power = 10 ** Math.floor(Math.log10(count));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= count) ?? 10);
}

/** @example shortCount(2_500_000) === '2.5 M' */
function shortCount(count: number): string {
  if (count >= 1e6) return `${Number((count / 1e6).toFixed(2))} M`;
  return count >= 1e4 ? `${Number((count / 1e3).toFixed(1))} k` : String(Number(count.toFixed(1)));
}
