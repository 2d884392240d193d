import { TerminalError } from '../shared/errors.ts';
import type { Manifest } from '../shared/manifest.ts';
import { type RunRef, timestampsKey } from '../shared/object-keys.ts';
import type { ObjectStore } from '../shared/object-store.ts';
import type { SourceSettings } from '../shared/source-settings.ts';
import {
  type StoredTimestampDecision,
  type TimestampCounts,
  weighTimestamps,
} from '../shared/timestamp-storage.ts';
import { readTimestampDecision } from '../shared/window-zone.ts';
import { createZoneOffsets } from '../shared/zone-offsets.ts';
import type { WallInstants } from './slices/time-watch.ts';

type Timestamps = Manifest['timestamps'];

export interface TimestampDeps {
  readonly store: ObjectStore;
  readonly settings: SourceSettings;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** How the source stores time: by its setting, or else by what an earlier run found; undefined while that is open. */
export async function knownTimestamps({ store, settings }: TimestampDeps): Promise<Timestamps | undefined> {
  const { timestamps } = settings.mixpanel;
  if (timestamps !== 'auto') return timestamps;
  const stored = await readTimestampDecision(store, settings.id);
  return stored === undefined ? undefined : asTimestamps(stored);
}

/** Longer than any change of the clocks since 2010 (three hours, Antarctica/Casey), and not by much. */
const beyondChangeMs = 3 * 3_600_000 + 1;

/**
 * What turns a stored time into its instants, for a project that stores wall time or may: no source says which of the
 * two Mixpanel's filters by time compare. Undefined where both are the same.
 */
export async function secondClock(deps: TimestampDeps): Promise<WallInstants | undefined> {
  const { timezone: zone } = deps.settings.mixpanel;
  const known = await knownTimestamps(deps);
  if (known === 'utc' || zone === 'UTC') return undefined;
  const { wallToUtc, offsetAt } = createZoneOffsets(zone);
  return {
    first: wallToUtc,
    // A wall time that is repeated or left out is read with the offset before the change; this is the one after it.
    other: (timeMs) => timeMs - offsetAt(wallToUtc(timeMs) + beyondChangeMs),
  };
}

/**
 * How the source stores time, by all of a run's events. What they prove is recorded for every later run; where nothing
 * is proven and nothing depends on it, nothing is recorded.
 *
 * @throws {TerminalError} when the events contradict one another, or leave open what does matter.
 */
export async function decideTimestamps(
  deps: TimestampDeps,
  evidence: TimestampCounts | undefined,
  run: RunRef,
): Promise<Timestamps> {
  // A run without a single slice that saw an event.
  if (evidence === undefined) return 'utc';
  const { decision, firm, explanation } = weighTimestamps(evidence, deps.settings.mixpanel.timezone);
  // A window without a single time to read wrongly: nothing depends on the answer.
  if (decision === 'same' || evidence.events === 0) return 'utc';
  if (decision === 'utc' || decision === 'project') {
    if (!firm) return decision;
    return recordDecision(deps, {
      version: 1,
      source: run.source,
      decision,
      timezone: deps.settings.mixpanel.timezone,
      decidedAt: new Date(deps.clock()).toISOString(),
      run: run.run,
      evidence,
    });
  }
  const what = decision === 'mixed' ? 'contradict one another on' : 'do not tell';
  const { timezone } = deps.settings.mixpanel;
  throw new TerminalError(
    `timestamps_${decision}`,
    `exporting window ${run.date}: its events ${what} how the project stores time${otherZone(evidence, timezone)}; ` +
      `see in Mixpanel's project settings whether mixpanel.timezone, ${timezone}, is right; if it is, ` +
      `set mixpanel.timestamps to "utc" or "project" (for projects created before 2023): ${explanation}`,
    { context: { source: run.source, window: run.date, run: run.run } },
  );
}

const quarterHour = 900;

/**
 * What stored time tells of the zone: most events are sent in time, so half of all delays are near minus the offset of
 * the zone in which they were stored. Empty where that is the configured zone, or UTC.
 */
function otherZone(evidence: TimestampCounts, timezone: string): string {
  const { medianDelaySeconds: delay, medianOffsetSeconds: offset } = evidence;
  if (delay === null || offset === null) return '';
  const stored = -Math.round(delay / quarterHour) * quarterHour;
  if (stored === 0 || Math.abs(stored - offset) <= quarterHour || Math.abs(stored) > widestOffset) return '';
  return `: most seem stored in a zone at ${utcOffset(stored)}, and ${timezone} was at ${utcOffset(offset)}`;
}

/** Kiritimati is at UTC+14:00; a longer delay is no offset. */
const widestOffset = 14 * 3600;

/** @example UTC-08:00 */
function utcOffset(seconds: number): string {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0'));
  return `UTC${seconds < 0 ? '-' : '+'}${hours}:${rest}`;
}

/** Another window may have decided at the same time: the first one written holds for all. */
async function recordDecision(deps: TimestampDeps, found: StoredTimestampDecision): Promise<Timestamps> {
  const body = `${JSON.stringify(found, null, 1)}\n`;
  const written = await deps.store.put(timestampsKey(found.source), body, {
    precondition: { ifAbsent: true },
  });
  const first = written ? undefined : await readTimestampDecision(deps.store, found.source);
  return asTimestamps(first ?? found);
}

/** A recorded decision is one of two; anything else in the file was put there by hand. */
function asTimestamps({ decision, source }: StoredTimestampDecision): Timestamps {
  if (decision === 'utc' || decision === 'project') return decision;
  throw new TerminalError(
    'timestamps_unusable',
    `reading ${timestampsKey(source)}: "${decision}" is no decision; delete the object, or set mixpanel.timestamps`,
  );
}
