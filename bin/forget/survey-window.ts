import {
  checkpointWindowPrefix,
  manifestKey,
  type RunRef,
  rejectedWindowPrefix,
  runOfKey,
  slicedRunKey,
  type WindowRef,
  windowPrefix,
} from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';

/** What the bucket has of one run. */
export interface FoundRun extends RunRef {
  /** Whether it has a manifest. */
  readonly isComplete: boolean;
  /** Whether it is, or was, exported in slices. */
  readonly isSliced: boolean;
  /** Whether anything but rejected records is left of it. */
  readonly isExported: boolean;
  /** Its rejected records. */
  readonly rejected: readonly string[];
}

/** Every run of a window of which the bucket has anything, oldest first. */
export async function surveyWindow(store: ObjectStore, window: WindowRef): Promise<FoundRun[]> {
  const keysOf = new Map<string, Set<string>>();
  const [raw, checkpoints, rejected] = [
    windowPrefix(window),
    checkpointWindowPrefix(window),
    rejectedWindowPrefix(window),
  ];
  for (const prefix of [raw, checkpoints, rejected]) {
    for await (const { key } of store.list(prefix)) {
      const run = runOfKey(key)?.run;
      if (run !== undefined) keysOf.set(run, (keysOf.get(run) ?? new Set()).add(key));
    }
  }
  return [...keysOf.keys()].sort().map((run) => {
    const keys = keysOf.get(run) ?? new Set<string>();
    const ref = { ...window, run };
    const rejectedKeys = [...keys].filter((key) => key.startsWith(rejected));
    return {
      ...ref,
      isComplete: keys.has(manifestKey(ref)),
      isSliced: keys.has(slicedRunKey(ref)),
      isExported: keys.size > rejectedKeys.length,
      rejected: rejectedKeys,
    };
  });
}
