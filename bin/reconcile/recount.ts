import { startOfRun } from '../forget/rewritten-run.ts';
import { grouped } from '../local/progress-view.ts';
import { timeText } from '../status/time-text.ts';
import type { CountedAnswer } from './count-answer.ts';
import type { Difference, Reconciliation } from './reconciliation.ts';

/** What Mixpanel has of a window now, or why it was not asked. */
export type Recount =
  | ({
      readonly kind: 'counted';
      readonly countedAt: string;
      /** The run that it is held to. */
      readonly heldTo: CountedRun;
      readonly isSame: boolean;
      /** The next start of the schedule, where that exports the window again. */
      readonly lookbackAt: string | null;
    } & CountedAnswer)
  | { readonly kind: 'skipped'; readonly why: string };

/** What a run had of a window. */
export interface CountedRun {
  readonly run: string;
  readonly received: number;
  readonly duplicates: number;
  readonly contentHash: string;
}

/**
 * The run that the dataset stands for: the newest, where its content is what is delivered, or else the one that is
 * delivered; the newest where nothing is, as of a window without events. Undefined where there is none.
 */
export function runToHoldTo({ exported, delivered }: Reconciliation): CountedRun | undefined {
  if (exported !== null && (delivered === null || exported.contentHash === delivered.contentHash)) {
    const { run, records: received, duplicates, contentHash } = exported;
    return { run, received, duplicates, contentHash };
  }
  if (delivered === null) return undefined;
  const { run, received, duplicates, contentHash } = delivered;
  return { run, received, duplicates, contentHash };
}

/** Where what Mixpanel has is not what the run had. Content decides: a run may have more or fewer duplicates of the same. */
export function recountDifferences(recount: Recount): Difference[] {
  if (recount.kind === 'skipped' || recount.isSame) return [];
  const { heldTo, lookbackAt } = recount;
  const more = keptOf(recount) - keptOf(heldTo);
  const startedMs = startOfRun(heldTo.run);
  const run = `run ${heldTo.run}${startedMs === undefined ? '' : ` of ${timeText(startedMs)}`}`;
  const what =
    more === 0
      ? `as many events as ${run}, and of another content`
      : `${grouped(Math.abs(more))} ${Math.abs(more) === 1 ? 'event' : 'events'} ${more > 0 ? 'more' : 'fewer'} than ${run}`;
  const lookback =
    lookbackAt === null
      ? 'no look-back exports the window again'
      : `the look-back exports the window again at ${timeText(Date.parse(lookbackAt))}`;
  return [{ kind: 'mixpanel_differs', text: `Mixpanel has ${what}, duplicates left out; ${lookback}` }];
}

function keptOf({ received, duplicates }: Pick<CountedRun, 'received' | 'duplicates'>): number {
  return received - duplicates;
}
