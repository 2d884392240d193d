import { messageKeptDays } from '../../functions/shared/messages.ts';
import { splitTries } from '../../functions/shared/tries-text.ts';
import { grouped } from '../local/progress-view.ts';
import { inLine } from '../operator/printable.ts';
import { daysText } from './days-text.ts';
import { type FoundFailure, isLate, isPartlyThere } from './failures.ts';
import { mostRejectedWindows } from './rejection-reasons.ts';
import type { Remedy } from './remedies/remedy.ts';
import type { SourceStatus } from './source-status.ts';
import { agoText, timeText } from './time-text.ts';

interface Told {
  readonly remedy: Remedy;
  /** One or more, of one kind. */
  readonly failures: readonly FoundFailure[];
  readonly days: readonly string[];
}

/** What failures cost, since when, more of their cause, and what becomes of them by themselves: a sentence each. */
export function factsOf({ remedy, failures, days }: Told, status: SourceStatus, nowMs: number): string[] {
  const rejected = failures.filter(({ kind }) => kind === 'rejected').slice(-mostRejectedWindows);
  return [
    ...costOf(failures, days),
    ...sinceOf(failures, nowMs),
    ...(remedy.notes ?? []),
    ...rejected.flatMap((one) => rejectedFacts(one, status)),
    ...outlookOf(remedy, failures, days, status),
  ];
}

/** Reasons that are told of each. */
const mostReasons = 3;

function rejectedFacts({ day, reason }: FoundFailure, { rejections }: SourceStatus): string[] {
  const [counts = reason] = reason.split('; see rejected/');
  const { reasons = [], lines = 0, isSample, problem } = rejections.find(({ date }) => date === day) ?? {};
  const unread =
    problem === undefined
      ? []
      : [`${day}: ${reasons.length === 0 ? '' : 'more '}reasons can't be read now: ${inLine(problem)}`];
  if (reasons.length === 0) return [`${day}: ${counts}.`, ...unread];
  const told = reasons
    .slice(0, mostReasons)
    .map(
      ({ reason: why, path, count }) => `${grouped(count)} times ${path === null ? '' : `${path}: `}${why}`,
    );
  const sample = isSample ? ` of the first ${grouped(lines)} looked at` : '';
  return [`${day}: ${counts}. Why, most frequent first${sample}: ${inLine(told.join('; '))}.`, ...unread];
}

function costOf(failures: readonly FoundFailure[], days: readonly string[]): string[] {
  const [first] = failures;
  if (first === undefined || days.length === 0) return [];
  if (first.kind === 'leftover') return [`It is about ${daysText(days)}. Nothing is missing for its sake.`];
  if (first.kind === 'order') return [`It is about ${daysText(days)}.`];
  if (isPartlyThere(first)) return [`Delivered without those records: ${daysText(days)}.`];
  return isLate(first)
    ? [`Not up to date in Platform: ${daysText(days)}. What was delivered of it before is still there.`]
    : [`Missing in Platform: the data of ${daysText(days)}.`];
}

function sinceOf(failures: readonly FoundFailure[], nowMs: number): string[] {
  const times = failures.map(({ sinceMs }) => sinceMs);
  const oldest = Math.min(...times);
  const newest = Math.max(...times);
  const [first] = failures;
  if (first === undefined) return [];
  const at = (ms: number) => `${agoText(nowMs - ms)} (${timeText(ms)})`;
  const { tries } = splitTries(first.reason);
  const after = tries === undefined ? '' : `, after ${tries} tries`;
  const verb = {
    failed: 'Failed',
    leftover: 'Failed',
    rejected: 'Held back',
    missing: 'Due',
    order: 'Given up',
  }[first.kind];
  return newest - oldest < 60_000
    ? [`${verb} ${at(newest)}${after}.`]
    : [`${verb} first ${at(oldest)}, last ${at(newest)}${after}.`];
}

/** Whether other days are hit, and whether the schedule does it again by itself. */
function outlookOf(
  remedy: Remedy,
  failures: readonly FoundFailure[],
  days: readonly string[],
  { settings, schedule }: SourceStatus,
): string[] {
  const newestMs = Math.max(...failures.map(({ sinceMs }) => sinceMs));
  if (remedy.again === 'drop')
    return [`It goes away by itself on ${timeText(newestMs + messageKeptDays * dayMs).slice(0, 10)}.`];
  const isRejected = failures.some(({ kind }) => kind === 'rejected');
  const others = !remedy.lasting
    ? []
    : isRejected
      ? ['Days that are exported meanwhile may be held back for the same reasons.']
      : ['Every day that is exported meanwhile fails in the same way.'];
  if (days.length === 0) return others;
  if (!settings.schedule.enabled)
    return [...others, 'The schedule is off, so nothing tries again by itself.'];
  const again = days.filter((day) => schedule.nextDays.includes(day));
  const at = timeText(schedule.nextMs);
  const mended = remedy.lasting ? ', which helps only if it is mended by then' : '';
  if (again.length === 0) return [...others, 'The schedule does not ask for it again by itself.'];
  const which = again.length === days.length ? '' : ` for ${daysText(again)} alone`;
  return [...others, `The schedule asks for it again by itself${which} at ${at}${mended}.`];
}

const dayMs = 24 * 3600_000;
