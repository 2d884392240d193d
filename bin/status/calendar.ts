import { grouped } from '../local/progress-view.ts';
import type { Paint } from '../operator/paint.ts';
import { type Mark, marksOf } from './day-marks.ts';
import type { SourceStatus } from './source-status.ts';

const letters: Readonly<Record<Mark, string>> = {
  delivered: 'D',
  empty: 'E',
  'at work': 'w',
  rejected: 'R',
  failed: 'F',
  missing: '!',
  'not asked for': '·',
};

const legendOrder = ['delivered', 'empty', 'at work', 'rejected', 'failed', 'missing'] as const;
/** As the months' lines have it, also where no day is known to be one. */
const notAskedFor = 'not asked for';

/** Months shown without `--all`, beside those with windows in trouble. */
const newestMonths = 6;

/** One line for each month and a letter for each day, with a legend that counts them. */
export function calendar(status: SourceStatus, paint: Paint, all: boolean): readonly string[] {
  const marks = marksOf(status);
  const months = [...new Set([...marks.keys()].map((date) => date.slice(0, 7)))].sort();
  const troubled = new Set(status.attention.map(({ date }) => date.slice(0, 7)));
  const shown = months.filter(
    (month, index) => all || index >= months.length - newestMonths || troubled.has(month),
  );
  const hidden = months.length - shown.length;
  return [
    `         ${[1, 5, 10, 15, 20, 25, 30].map((day, index) => String(day).padEnd(index === 0 ? 4 : 5)).join('')}`.trimEnd(),
    ...shown.map((month) => `${month}  ${daysOf(month, marks, paint)}`),
    ...(hidden > 0 ? [paint.dim(`… ${hidden} earlier months without trouble; --all shows them`)] : []),
    '',
    legend(marks, paint),
  ];
}

function daysOf(month: string, marks: ReadonlyMap<string, Mark>, paint: Paint): string {
  const days = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
  return Array.from({ length: days }, (_, index) => {
    const date = `${month}-${String(index + 1).padStart(2, '0')}`;
    const mark = marks.get(date) ?? notAskedFor;
    return painted(mark, letters[mark], paint);
  }).join('');
}

function legend(marks: ReadonlyMap<string, Mark>, paint: Paint): string {
  const counts = new Map<Mark, number>();
  for (const mark of marks.values()) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  const known = legendOrder
    .filter((mark) => counts.has(mark))
    .map((mark) => `${painted(mark, letters[mark], paint)} ${mark} ${grouped(counts.get(mark) ?? 0)}`);
  return [...known, `${painted(notAskedFor, letters[notAskedFor], paint)} ${notAskedFor}`].join('   ');
}

function painted(mark: Mark, text: string, paint: Paint): string {
  switch (mark) {
    case 'delivered':
    case 'empty':
      return paint.good(text);
    case 'at work':
      return paint.busy(text);
    case 'rejected':
    case 'failed':
    case 'missing':
      return paint.bad(text);
    case 'not asked for':
      return paint.dim(text);
  }
}
