import { nextWindow } from '../../functions/shared/window.ts';

/** Days in a row, first and last. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** Sorted days as ranges. */
export function rangesOf(days: readonly string[]): readonly DayRange[] {
  const ranges: { from: string; to: string }[] = [];
  for (const day of [...new Set(days)].sort()) {
    const last = ranges.at(-1);
    if (last !== undefined && nextWindow(last.to) === day) last.to = day;
    else ranges.push({ from: day, to: day });
  }
  return ranges;
}

/** More fit on no line. */
const mostRanges = 4;

/** @example daysText(['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-08']) === '2026-03-01 to 2026-03-03, 2026-03-08' */
export function daysText(days: readonly string[]): string {
  const ranges = rangesOf(days);
  const shown = ranges.slice(0, mostRanges).map(({ from, to }) => (from === to ? from : `${from} to ${to}`));
  const more = ranges.length > mostRanges ? ' and others' : '';
  return `${shown.join(', ')}${more}`;
}
