import * as z from 'zod';
import type { Manifest } from '../shared/manifest.ts';
import { partCheckpointKey } from '../shared/object-keys.ts';
import { parseJsonWith } from '../shared/parse.ts';
import type { LoadDeps } from './load-deps.ts';

const count = z.int().nonnegative();

/** Written once a part's files are in the batch: the part needs no more work in this delivery. */
const partCheckpointSchema = z.object({
  version: z.literal(1),
  part: count,
  filtered: count,
  rejected: count,
  mapped: count,
  files: count,
  /** How often each rule failed. */
  ruleErrors: z.record(z.string(), count),
});
export type PartCheckpoint = z.output<typeof partCheckpointSchema>;

interface DeliveryRef {
  readonly date: string;
  readonly delivery: string;
}

const keyOf = (deps: LoadDeps, { date, delivery }: DeliveryRef, part: number) =>
  partCheckpointKey({ source: deps.settings.id, date }, delivery, part);

export async function readPartCheckpoint(
  deps: LoadDeps,
  ref: DeliveryRef,
  part: number,
): Promise<PartCheckpoint | undefined> {
  const key = keyOf(deps, ref, part);
  const found = await deps.store.getText(key);
  return found === undefined
    ? undefined
    : parseJsonWith(partCheckpointSchema, found.text, `reading the checkpoint ${key}`);
}

export async function writePartCheckpoint(
  deps: LoadDeps,
  ref: DeliveryRef,
  checkpoint: PartCheckpoint,
): Promise<void> {
  await deps.store.put(keyOf(deps, ref, checkpoint.part), `${JSON.stringify(checkpoint)}\n`);
}

/** How many checkpoints are read at once: the join of a window of 1,500 parts takes seconds, not minutes. */
const readsAtOnce = 16;

/** Every part's checkpoint in part order, or undefined while one is missing. */
export async function readAllCheckpoints(
  deps: LoadDeps,
  ref: DeliveryRef,
  manifest: Manifest,
): Promise<PartCheckpoint[] | undefined> {
  const all: PartCheckpoint[] = [];
  for (let first = 0; first < manifest.parts.length; first += readsAtOnce) {
    const indexes = [...manifest.parts.keys()].slice(first, first + readsAtOnce);
    const some = await Promise.all(indexes.map((part) => readPartCheckpoint(deps, ref, part)));
    for (const checkpoint of some) {
      if (checkpoint === undefined) return undefined;
      all.push(checkpoint);
    }
  }
  return all;
}
