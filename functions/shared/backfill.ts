import * as z from 'zod';
import { TerminalError } from './errors.ts';
import { formatVersion, keptObject } from './stored-format.ts';
import { nextWindow } from './window.ts';

const day = z.iso.date('must be a day, YYYY-MM-DD');
const instant = z.iso.datetime('must be an instant, YYYY-MM-DDTHH:MM:SSZ');
const count = z.int().nonnegative();

/** Names the request for one window of a range; a message for one window is named by an id without a slash. */
export function requestInRange(rangeRequest: string, date: string): string {
  return `${rangeRequest}/${date}`;
}

/** Whether a request for a window is part of a range. */
export function isInRange(request: string): boolean {
  return request.includes('/');
}

export const backfillStates = ['running', 'paused', 'cancelled', 'done'] as const;

/** How far a range message has come. An operator changes `state`; the rest is the connector's. */
export const backfillSchema = keptObject({
  version: formatVersion(1),
  source: z.string(),
  /** Id of the message that asked for the range. */
  request: z.string(),
  from: day,
  to: day,
  reload: z.boolean(),
  reason: z.string().nullable(),
  startedAt: instant,
  updatedAt: instant,
  /** The window whose turn it is; null once all have had theirs. */
  next: day.nullable(),
  done: count,
  failed: count,
  /** The windows given up, each of which has its dead letter. */
  failedWindows: z.array(day),
  state: z.enum(backfillStates, `must be one of ${backfillStates.join(', ')}`),
});
export type Backfill = z.output<typeof backfillSchema>;

/** What a range message asks for. */
export interface BackfillRange {
  readonly from: string;
  readonly to: string;
  readonly reload?: boolean | undefined;
  readonly reason?: string | undefined;
}

/** The record of a range that nobody has begun yet. */
export function beginBackfill(
  { source, request }: { readonly source: string; readonly request: string },
  { from, to, reload, reason }: BackfillRange,
  nowMs: number,
): Backfill {
  const at = new Date(nowMs).toISOString();
  return {
    version: 1,
    source,
    request,
    from,
    to,
    reload: reload ?? false,
    reason: reason ?? null,
    startedAt: at,
    updatedAt: at,
    next: from,
    done: 0,
    failed: 0,
    failedWindows: [],
    state: 'running',
  };
}

/** Records how a window came out. Safe to repeat, and in any order. */
export function recordOutcome(backfill: Backfill, date: string, outcome: 'exported' | 'failed'): Backfill {
  if (backfill.failedWindows.includes(date) === (outcome === 'failed')) return backfill;
  const others = backfill.failedWindows.filter((failed) => failed !== date);
  return counted({ ...backfill, failedWindows: outcome === 'failed' ? [...others, date].sort() : others });
}

/** Goes on to the window after this one, unless another copy of the message has come further already. */
export function passWindow(backfill: Backfill, date: string): Backfill {
  if (isPast(backfill, date)) return backfill;
  const next = date === backfill.to ? null : nextWindow(date);
  const ended = next === null && backfill.state !== 'cancelled';
  return counted({ ...backfill, next, state: ended ? 'done' : backfill.state });
}

/** The counts are made from what is recorded, and never counted up: a repeated step must not count twice. */
function counted(backfill: Backfill): Backfill {
  const passed = countWindows(backfill.from, backfill.to) - countLeft(backfill);
  const failed = backfill.failedWindows.filter((date) => isPast(backfill, date)).length;
  return { ...backfill, done: passed - failed, failed };
}

/** Whether a window has had its turn already, by another copy of the range's message. */
export function isPast({ next }: Backfill, date: string): boolean {
  return next === null || date < next;
}

/** Whether its message still has to be somewhere: what is cancelled, or done, needs none. */
export function isOpen({ state }: Pick<Backfill, 'state'>): boolean {
  return state === 'running' || state === 'paused';
}

/** Windows that have not had their turn. */
export function countLeft({ next, to }: Pick<Backfill, 'next' | 'to'>): number {
  return next === null ? 0 : countWindows(next, to);
}

/**
 * When a running backfill will have come to its end, at the earliest: epoch milliseconds. Undefined for one that does
 * not run, and for a reload, which spends no query and so has no pace of its own.
 *
 * @param windowsPerHour see `hourlyBackfillQueries`.
 */
export function estimateBackfillEnd(
  backfill: Backfill,
  windowsPerHour: number,
  nowMs: number,
): number | undefined {
  if (backfill.state !== 'running' || backfill.reload) return undefined;
  return nowMs + (countLeft(backfill) / windowsPerHour) * 3_600_000;
}

/**
 * What an operator asked for.
 *
 * @throws {TerminalError} `backfill_ended` where the state does not allow it: what is cancelled has no message left that could go on.
 */
export function switchBackfill(backfill: Backfill, to: 'running' | 'paused' | 'cancelled'): Backfill {
  if (backfill.state === to) return backfill;
  if (isOpen(backfill)) return { ...backfill, state: to };
  throw new TerminalError(
    'backfill_ended',
    `changing backfill ${backfill.request} to "${to}": it is "${backfill.state}"; send a new message for what is left`,
  );
}

/** The number of days from one to the other, both included. */
function countWindows(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
}
