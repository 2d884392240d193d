import { type ContentSum, contentHashOf } from '../shared/content-hash.ts';
import { RetryableError } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { Manifest, ManifestPart } from '../shared/manifest.ts';
import { manifestKey, type RunRef } from '../shared/object-keys.ts';
import type { ObjectStore } from '../shared/object-store.ts';

/** What was found out about a run, however it was exported. */
export interface RunFacts {
  readonly run: RunRef;
  readonly startedAt: string;
  readonly completedAt: string;
  readonly requests: number;
  readonly parts: readonly ManifestPart[];
  readonly duplicates: number;
  /** Of the lines kept, in as many pieces as there are. */
  readonly content: readonly ContentSum[];
  readonly timestamps: Manifest['timestamps'];
  /** The project's time zone. */
  readonly timezone: string;
}

export function createManifest(facts: RunFacts): Manifest {
  const { run, startedAt, completedAt, requests, parts, duplicates, timestamps } = facts;
  return {
    version: 1,
    ...run,
    startedAt,
    completedAt,
    requests,
    parts: [...parts],
    records: total(parts, 'records'),
    duplicates,
    bytes: total(parts, 'bytes'),
    contentHash: contentHashOf(facts.content),
    timestamps,
    timezone: timestamps === 'utc' ? 'UTC' : facts.timezone,
  };
}

/**
 * Makes the run complete. Not undone on failure: whether a manifest that was sent has arrived is not known then, and if
 * it has, the run is complete and its parts must stay.
 */
export async function writeManifest(
  { store, log }: { readonly store: ObjectStore; readonly log: Log },
  manifest: Manifest,
): Promise<void> {
  const key = manifestKey(manifest);
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  if (!(await store.put(key, text, { precondition: { ifAbsent: true } }))) {
    // The client repeats a put whose answer was lost, and then meets its own first one.
    const there = await store.getText(key);
    if (there?.text !== text)
      throw new RetryableError('manifest_taken', `writing ${key}: another manifest is there`);
  }
  log.info('Export:Run:Completed', {
    window: manifest.date,
    run: manifest.run,
    parts: manifest.parts.length,
    records: manifest.records,
    duplicates: manifest.duplicates,
    bytes: manifest.bytes,
    requests: manifest.requests,
    ms: Date.parse(manifest.completedAt) - Date.parse(manifest.startedAt),
  });
}

function total(parts: readonly ManifestPart[], of: 'records' | 'bytes'): number {
  return parts.reduce((sum, part) => sum + part[of], 0);
}
