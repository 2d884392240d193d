import { grouped } from '../local/progress-view.ts';
import type { Paint } from '../operator/paint.ts';
import { timeText } from '../status/time-text.ts';
import type { Recount } from './recount.ts';

/** Rows of the table from Mixpanel to Platform: what Mixpanel has now. */
export function recountRows(recount: Recount | undefined): string[][] {
  if (recount === undefined) return [];
  if (recount.kind === 'skipped') return [['Mixpanel now', '–', 'not counted']];
  const { received, duplicates, forgotten, processedSince, heldTo, countedAt } = recount;
  const since = `${grouped(processedSince)} of them processed since run ${heldTo.run} began`;
  return [
    ['Mixpanel now', grouped(received), `as exported ${timeText(Date.parse(countedAt))}; ${since}`],
    ['  duplicates', grouped(duplicates), ''],
    ...(forgotten === 0
      ? []
      : [['  left out', grouped(forgotten), 'of persons who were forgotten; not in the number above']]),
  ];
}

/** Why there is no count, or that it is the run's. */
export function recountLines(recount: Recount | undefined, paint: Paint): string[] {
  if (recount === undefined) return [];
  if (recount.kind === 'skipped') return [paint.warn(`Mixpanel was not counted: ${recount.why}`)];
  return recount.isSame
    ? [paint.good(`Mixpanel has what run ${recount.heldTo.run} has, event for event; duplicates left out`)]
    : [];
}
