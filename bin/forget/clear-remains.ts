import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { createLineScanner, defaultMaxLineBytes } from '../../functions/shared/ndjson.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { plainId } from '../../functions/shared/person-ids.ts';
import type { ForgetDeps } from './forget-deps.ts';
import { deleteRun } from './rewrite-run.ts';
import { exportedRun, startOfRun } from './rewritten-run.ts';
import { type FoundRun, surveyWindow } from './survey-window.ts';

const hourMs = 3600_000;
/** A function runs for a quarter of an hour; what it left without a manifest an hour ago, nobody will complete. */
const unfinishedMs = hourMs;
/** Slices wait for the query budget, and for one another: hours where a window has many of them. */
const unfinishedSlicesMs = 24 * hourMs;

export interface Remains {
  readonly deleted: readonly string[];
  readonly pending: readonly string[];
}

/**
 * Deletes what is left of runs that will never be complete, whoever's events they hold, and rejected records that name
 * somebody after their run has expired.
 */
export async function clearRemains(deps: ForgetDeps, date: string): Promise<Remains> {
  const { store, source, record, clock } = deps;
  const runs = await surveyWindow(store, { source, date });
  const deleted: string[] = [];
  const pending: string[] = [];
  for (const run of runs.filter(({ isComplete }) => !isComplete)) {
    const fate = await fateOf(deps, run, runs);
    if (fate === 'keep') continue;
    if (fate !== 'delete') {
      pending.push(fate.pending);
      continue;
    }
    const at = new Date(clock()).toISOString();
    await record.update((found) => ({
      ...found,
      deleted: [...found.deleted.filter((one) => one.run !== run.run), { date, run: run.run, at }],
    }));
    await deleteRun(store, run);
    deleted.push(run.run);
  }
  return { deleted, pending };
}

type Fate = 'keep' | 'delete' | { readonly pending: string };

export async function fateOf(
  deps: Pick<ForgetDeps, 'store' | 'isOnList' | 'clock'>,
  run: FoundRun,
  runs: readonly FoundRun[],
): Promise<Fate> {
  const isOf = (other: FoundRun) => other.isComplete && exportedRun(other.run) === exportedRun(run.run);
  // Its lines are stored under another id, or were until they were stored under a third.
  if (runs.some(isOf)) return 'delete';
  if (!run.isExported) return (await holdsForgotten(deps, run.rejected)) ? 'delete' : 'keep';
  const startMs = startOfRun(run.run);
  if (startMs === undefined)
    return { pending: `run ${run.run} has no manifest, and its id is no time: look at it` };
  const endMs = startMs + (run.isSliced ? unfinishedSlicesMs : unfinishedMs);
  if (endMs <= deps.clock()) return 'delete';
  const when = new Date(endMs).toISOString().slice(0, 16).replace('T', ' ');
  return { pending: `run ${run.run} is not complete; run this again when it is, or after ${when} UTC` };
}

/** Whether any text in these records is the id of somebody who is to be forgotten. */
async function holdsForgotten(
  { store, isOnList }: Pick<ForgetDeps, 'store' | 'isOnList'>,
  keys: readonly string[],
): Promise<boolean> {
  for (const key of keys) {
    for await (const record of recordsOf(store, key)) {
      if (record === undefined || someText(record, (text) => isOnList(plainId(text)))) return true;
    }
  }
  return false;
}

/** Of one object; `undefined` for a record that can't be read. */
async function* recordsOf(store: Pick<ObjectStore, 'getStream'>, key: string): AsyncGenerator<unknown> {
  // A rejected record stands inside of another object.
  const scanner = createLineScanner(2 * defaultMaxLineBytes);
  const gunzip = createGunzip();
  const moved = pipeline(await store.getStream(key), gunzip);
  // Its failure destroys `gunzip` and comes out of the loop below; here it must not count as unhandled.
  moved.catch(() => undefined);
  for await (const bytes of gunzip) {
    for (const line of scanner.push(Buffer.from(bytes))) yield parsed(line);
  }
  await moved;
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    // The parser's own message is not kept: it quotes the line.
    return undefined;
  }
}

function someText(value: unknown, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value);
  if (typeof value === 'number') return test(String(value));
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((child) => someText(child, test));
}
