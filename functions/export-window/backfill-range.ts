import { type Backfill, isPast, passWindow, recordOutcome } from '../shared/backfill.ts';
import type { BackfillStore } from '../shared/backfill-store.ts';
import { DeferredError, describeError, TerminalError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { MessageQueue } from '../shared/message-queue.ts';
import type { WindowRangeMessage } from '../shared/messages.ts';
import type { BackfillRef } from '../shared/object-keys.ts';
import type { SourceSettings } from '../shared/source-settings.ts';
import { nextWindow } from '../shared/window.ts';

export interface BackfillDeps {
  readonly settings: SourceSettings;
  readonly backfills: BackfillStore;
  readonly windowQueue: MessageQueue;
  readonly log: Log;
}

/** A range message, and the request that its copies and successors share. */
export interface ReceivedRange {
  readonly range: WindowRangeMessage;
  readonly request: string;
}

/** How a window of a range came out. */
type Outcome = 'exported' | 'failed';

/** What is done with the first window of a range. */
export interface RangeWork {
  /** Brings it to its end, and says how it came out; called only when it is that window's turn. */
  work(): Promise<Outcome>;
  /**
   * Asks for the window's delivery once more, if this request has exported it. Two copies may have exported it at
   * the same moment; if the one with the newer run died before it asked, the older run is not delivered either.
   */
  repeat(): Promise<void>;
}

/** As long as SQS delays a message. A paused backfill looks that often whether it may go on. */
const pausedPauseMs = 900_000;

/**
 * Works off the first window of a range, and asks for the rest by a new message. One promise holds at every moment,
 * whatever crashes or is repeated: of a backfill that has not ended, the message that begins at the record's `next`
 * window is in the queue or in work. So every copy that begins earlier may end without going on.
 *
 * @throws {DeferredError} `backfill_paused`, or what the window waits for
 */
export async function workOffRange(
  deps: BackfillDeps,
  { range, request }: ReceivedRange,
  first: RangeWork,
): Promise<void> {
  const backfill = await deps.backfills.begin(refOf(deps, request), range);
  const fields = { request, window: range.from };
  if (isAnswered(backfill, range.from)) {
    await first.repeat();
    deps.log.info('Backfill:Copy:Ended', fields);
    return;
  }
  if (backfill.state === 'cancelled') {
    deps.log.info('Backfill:Cancelled', fields);
    return;
  }
  if (backfill.state === 'paused') {
    throw new DeferredError('backfill_paused', `backfill ${request} is paused`, pausedPauseMs);
  }
  await passOn(deps, { range, request }, await first.work());
}

/**
 * A window that was given up is no reason to end: a crash may have come before its dead letter was sent, and then
 * this copy is the one that must try again or send it.
 */
function isAnswered(backfill: Backfill, date: string): boolean {
  return isPast(backfill, date) && !backfill.failedWindows.includes(date);
}

/**
 * Asks for the rest of a range, as its first window has been exported or given up.
 *
 * Three steps, in this order. A failure is recorded first: once the rest is under way, only the record tells a
 * repeated message that its window still lacks a dead letter. The record goes on last: if it were ahead of every
 * message, the range would stand still.
 */
export async function passOn(
  deps: BackfillDeps,
  { range, request }: ReceivedRange,
  outcome: Outcome,
): Promise<void> {
  const ref = refOf(deps, request);
  const window = range.from;
  await deps.backfills.begin(ref, range);
  const backfill = await deps.backfills.update(ref, (found) => recordOutcome(found, window, outcome));
  // Where another copy was faster, the rest is asked for already.
  if (window < range.to && backfill.state !== 'cancelled' && !isPast(backfill, window)) {
    await deps.windowQueue.send({ ...range, from: nextWindow(window) }, { attributes: { request } });
  }
  const { state, done, failed } = await deps.backfills.update(ref, (found) => passWindow(found, window));
  deps.log.info('Backfill:Window:Passed', { request, window, outcome, state, done, failed });
}

/**
 * Records how a window in slices came out: while the range waits for it, or after a slice that was given up was sent
 * back. The record is for the operator: what is wrong with it must not undo a window.
 */
export async function recordLate(
  deps: BackfillDeps,
  request: string,
  { date, outcome }: { readonly date: string; readonly outcome: Outcome },
): Promise<void> {
  try {
    await deps.backfills.update(refOf(deps, request), (found) => recordOutcome(found, date, outcome));
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    deps.log.warn('Backfill:Outcome:Unrecorded', { request, window: date, error: describeError(error) });
  }
}

function refOf(deps: BackfillDeps, request: string): BackfillRef {
  return { source: deps.settings.id, request };
}
