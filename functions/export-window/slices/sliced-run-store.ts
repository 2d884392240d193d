import { RetryableError, TerminalError } from '../../shared/errors.ts';
import {
  type RunRef,
  sliceCheckpointKey,
  slicedRunKey,
  slicePlanKey,
  type WindowRef,
} from '../../shared/object-keys.ts';
import type { ObjectStore } from '../../shared/object-store.ts';
import { createJson, readJson, updateJson } from '../../shared/stored-json.ts';
import { type SlicePlan, slicePlanSchema } from './plan-slices.ts';
import {
  type SliceCheckpoint,
  type SlicedRun,
  sliceCheckpointSchema,
  slicedRunSchema,
} from './sliced-run.ts';

/** Where runs that are exported in slices, their slices' results, and the plans that worked are kept. */
export interface SlicedRunStore {
  create(run: SlicedRun): Promise<void>;
  /** @throws {TerminalError} `run_missing` when there is no such run, or it has expired. */
  read(run: RunRef): Promise<SlicedRun>;
  /** Changes the run by a pure function, which is called again with what other writers wrote meanwhile. */
  update(run: RunRef, change: (run: SlicedRun) => SlicedRun): Promise<SlicedRun>;
  readCheckpoint(run: RunRef, slice: string): Promise<SliceCheckpoint | undefined>;
  /** @returns the checkpoint that counts: this one, or what another attempt put first. */
  putCheckpoint(run: RunRef, checkpoint: SliceCheckpoint): Promise<SliceCheckpoint>;
  readPlan(window: WindowRef): Promise<SlicePlan | undefined>;
  /** Keeps a plan, unless that of a newer run is there. */
  keepPlan(window: WindowRef, plan: SlicePlan): Promise<void>;
}

export function createSlicedRunStore(store: ObjectStore): SlicedRunStore {
  const runAt = (run: RunRef) => ({
    store,
    key: slicedRunKey(run),
    schema: slicedRunSchema,
    what: 'the sliced run',
  });
  const checkpointAt = (run: RunRef, slice: string) => ({
    store,
    key: sliceCheckpointKey(run, slice),
    schema: sliceCheckpointSchema,
    what: 'the slice',
  });
  const planAt = (window: WindowRef) => ({
    store,
    key: slicePlanKey(window),
    schema: slicePlanSchema,
    what: 'the slice plan',
  });
  return {
    async create(run) {
      await createJson(runAt(run), run);
    },
    async read(run) {
      const found = await readJson(runAt(run));
      if (found === undefined) throw missing(run);
      return found;
    },
    update: (run, change) =>
      updateJson(runAt(run), {
        fresh: () => {
          throw missing(run);
        },
        change,
        contended: (message) => new RetryableError('run_contended', message),
      }),
    readCheckpoint: (run, slice) => readJson(checkpointAt(run, slice)),
    putCheckpoint: (run, checkpoint) => createJson(checkpointAt(run, checkpoint.slice), checkpoint),
    readPlan: (window) => readJson(planAt(window)),
    async keepPlan(window, plan) {
      await updateJson(planAt(window), {
        fresh: () => ({ ...plan, run: '' }),
        // A plan that is older than the newest run then says that this one was fetched whole.
        change: (found) => (found.run > plan.run ? found : plan),
        contended: (message) => new RetryableError('plan_contended', message),
      });
    },
  };
}

function missing({ date, run }: RunRef): TerminalError {
  return new TerminalError(
    'run_missing',
    `exporting a slice of window ${date}: nothing is known of run ${run}; export the window again`,
  );
}
