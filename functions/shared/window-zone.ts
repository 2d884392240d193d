import { timestampsKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { parseJsonWith } from './parse.ts';
import type { SourceSettings } from './source-settings.ts';
import { type StoredTimestampDecision, storedTimestampDecisionSchema } from './timestamp-storage.ts';

/** What was measured about how a source stores time; undefined while nothing was decided. */
export async function readTimestampDecision(
  store: ObjectStore,
  source: string,
): Promise<StoredTimestampDecision | undefined> {
  const key = timestampsKey(source);
  const found = await store.getText(key);
  if (found === undefined) return undefined;
  return parseJsonWith(storedTimestampDecisionSchema, found.text, `reading ${key}`);
}

/**
 * The zone in which Mixpanel reads a source's dates: UTC where time is stored as UTC, the project's where it is
 * stored shifted. Both, while that is not known.
 */
export async function windowZones(store: ObjectStore, settings: SourceSettings): Promise<readonly string[]> {
  const { timestamps, timezone } = settings.mixpanel;
  const decided =
    timestamps === 'auto' ? (await readTimestampDecision(store, settings.id))?.decision : timestamps;
  if (decided === 'utc') return ['UTC'];
  if (decided === 'project') return [timezone];
  return possibleZones(settings);
}

/** The zones in which Mixpanel may read a source's dates, while nothing is known of how time is stored. */
export function possibleZones({ mixpanel: { timezone } }: SourceSettings): readonly string[] {
  return timezone === 'UTC' ? ['UTC'] : ['UTC', timezone];
}
