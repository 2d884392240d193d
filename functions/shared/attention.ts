import { type DailySchedule, dueSince, startsAround } from './schedule.ts';
import type { SourceSettings } from './source-settings.ts';
import { dueInEveryZone, windowsBetween } from './window.ts';
import type { WindowDigest } from './window-digest.ts';
import { endedWell, isClosed } from './window-summary.ts';

/** What `status` and the alarm on windows know of a source: decided here for both, so that they never disagree. */

/** A window that is not as it should be. */
export interface Attention {
  readonly date: string;
  /** `missing`: the schedule has asked for it, and it is not delivered; no ledger, or one that stands still. */
  readonly kind: 'missing' | 'failed' | 'rejected';
  /** Since when: ISO 8601. */
  readonly since: string;
  readonly why: string;
}

/** A due window's query may have to wait for the budget of an hour, and its batch for Platform. */
const graceMs = 2 * 3600_000;
/** Platform may take hours to ingest a batch; a window that has not moved for a day stands still. */
const stillMs = 24 * 3600_000;

export interface AttentionInput {
  readonly settings: SourceSettings;
  readonly windows: readonly WindowDigest[];
  /** The zones in which Mixpanel may read the source's dates. */
  readonly zones: readonly string[];
  /** Since when the source is known to be deployed (`SourceWatch`), ISO 8601; undefined where nothing has looked yet. */
  readonly watchedSince: string | undefined;
  readonly nowMs: number;
}

/** Every window that needs somebody, oldest first. */
export function windowsInTrouble(input: AttentionInput): readonly Attention[] {
  const known = new Map(input.windows.map((window) => [window.summary.date, window]));
  const closed = input.windows.flatMap((window) => failedOrRejected(window));
  const begun = { ...input, beganMs: firstStartMs(input) };
  const missing = scheduledWindows(input).flatMap((date) => missingWindow(begun, date, known.get(date)));
  return [...closed, ...missing].sort((one, other) => one.date.localeCompare(other.date));
}

/**
 * Windows that the schedule has asked for until now: those due last, and all since the first that it delivered. A start
 * before anything was ever seen or done of the source has asked for nothing: the source was not deployed yet.
 */
export function scheduledWindows(input: AttentionInput): readonly string[] {
  const { settings, windows, zones, nowMs } = input;
  if (!settings.schedule.enabled) return [];
  if (firstStartMs(input) > nowMs) return [];
  const { lastMs } = startsAround(nowMs, scheduleOf(settings));
  const due = dueInEveryZone(zones, { nowMs: lastMs, lookbackDays: settings.schedule.lookbackDays });
  const newest = due[0];
  if (newest === undefined) return [];
  const oldestDue = due.at(-1) ?? newest;
  const firstDelivered = windows.find(({ scheduled }) => scheduled)?.summary.date ?? oldestDue;
  return windowsBetween(firstDelivered < oldestDue ? firstDelivered : oldestDue, newest);
}

/** The first start of the schedule after the source was deployed, as far as is known: nothing was asked for before. */
function firstStartMs({ settings, windows, watchedSince }: AttentionInput): number {
  const moments = [
    ...windows.map(({ begunAt }) => begunAt),
    ...(watchedSince === undefined ? [] : [watchedSince]),
  ];
  const deployedMs = moments.reduce((earliest, one) => Math.min(earliest, Date.parse(one)), Infinity);
  return deployedMs === Infinity ? Infinity : startsAround(deployedMs, scheduleOf(settings)).nextMs;
}

export function scheduleOf({ schedule, mixpanel }: SourceSettings): DailySchedule {
  return { at: schedule.at, timezone: mixpanel.timezone };
}

function failedOrRejected({ summary, updatedAt, error, stands }: WindowDigest): Attention[] {
  const { date, state } = summary;
  if (state !== 'failed' && state !== 'rejected') return [];
  const old = stands ? ' (what was delivered for it before still stands)' : '';
  return [{ date, kind: state, since: updatedAt, why: `${error ?? 'no reason is recorded'}${old}` }];
}

/** @param input with the moment of the schedule's first start. */
function missingWindow(
  { settings, zones, nowMs, beganMs }: AttentionInput & { readonly beganMs: number },
  date: string,
  window: WindowDigest | undefined,
): Attention[] {
  // A failed or rejected window is told of by its own error.
  if (window !== undefined && (endedWell(window.summary.state) || isClosed(window.summary.state))) return [];
  const sinceMs = dueSince(date, scheduleOf(settings), zones);
  if (window === undefined) {
    if (nowMs - Math.max(sinceMs, beganMs) < graceMs) return [];
    return [{ date, kind: 'missing', since: new Date(sinceMs).toISOString(), why: 'nothing was exported' }];
  }
  const { state } = window.summary;
  if (nowMs - Math.max(sinceMs, Date.parse(window.updatedAt)) < stillMs) return [];
  return [
    { date, kind: 'missing', since: window.updatedAt, why: `it is "${state}" and has not moved since` },
  ];
}
