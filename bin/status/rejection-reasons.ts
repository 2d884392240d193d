import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import * as z from 'zod';
import { describeError } from '../../functions/shared/errors.ts';
import { createLineScanner } from '../../functions/shared/ndjson.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';

/** How often records were rejected for a reason, at a path. */
export interface ReasonCount {
  readonly reason: string;
  readonly path: string | null;
  readonly count: number;
}

/** Of a rejected record, what may be shown: never the record. */
const rejectedLine = z.looseObject({ reason: z.string(), path: z.string().optional() });
type RejectedLine = z.output<typeof rejectedLine>;

/** Of an overview's rejected windows so many, the newest, are looked at and told one by one: a person waits for the answer. */
export const mostRejectedWindows = 3;

/** So many lines tell the reasons; a window with millions of rejected records would take minutes. */
const mostLines = 50_000;
const mostReasons = 100;

/** What the rejected records of a run tell. */
export interface RejectionReasons {
  readonly run: string;
  /** Most frequent first. */
  readonly reasons: readonly ReasonCount[];
  /** Records that were looked at, and whether there are more. */
  readonly lines: number;
  readonly isSample: boolean;
  /** What keeps from looking at the others. */
  readonly problem?: string | undefined;
}

/**
 * Reads the reasons from the rejected records of a window's newest run that has any. A part that is gone, as while people are
 * forgotten, or that is damaged, is the end of the look and no failure: whoever asks has more to show.
 *
 * @param most records that are looked at.
 */
export async function rejectionReasons(
  store: ObjectStore,
  windowPrefix: string,
  most: number = mostLines,
): Promise<RejectionReasons | undefined> {
  const keys: string[] = [];
  for await (const { key } of store.list(windowPrefix)) keys.push(key);
  // Run ids sort by time, and the listing by key.
  const run = /\/run=([^/]+)\//.exec(keys.at(-1) ?? '')?.[1];
  if (run === undefined) return undefined;
  const counts = new Map<string, ReasonCount>();
  let lines = 0;
  const take = (line: Buffer) => {
    if (lines >= most) return false;
    lines += 1;
    const rejected = rejectedIn(line);
    if (rejected !== undefined) count(counts, rejected);
    return true;
  };
  let isSample = false;
  let problem: string | undefined;
  for (const key of keys.filter((name) => name.includes(`/run=${run}/`))) {
    isSample ||= lines >= most;
    if (isSample) break;
    try {
      isSample = !(await readPart(store, key, take));
    } catch (error) {
      isSample = true;
      problem = `${key}: ${describeError(error)}`;
    }
  }
  return {
    ...{ run, lines, isSample, problem },
    reasons: [...counts.values()].sort((one, other) => other.count - one.count),
  };
}

function count(counts: Map<string, ReasonCount>, rejected: RejectedLine): void {
  const { reason } = rejected;
  const path = rejected.path ?? null;
  const name = JSON.stringify([reason, path]);
  const known = counts.get(name);
  if (known === undefined && counts.size >= mostReasons) return;
  counts.set(name, { reason, path, count: (known?.count ?? 0) + 1 });
}

/**
 * @param take says whether it takes a line; one that it does not take is the last.
 * @returns whether all lines were taken.
 */
async function readPart(store: ObjectStore, key: string, take: (line: Buffer) => boolean): Promise<boolean> {
  const stop = new AbortController();
  const read = async (bytes: AsyncIterable<Buffer>) => {
    const scanner = createLineScanner();
    for await (const piece of bytes) {
      for (const line of scanner.push(piece)) {
        if (take(line)) continue;
        stop.abort();
        return;
      }
    }
    const last = scanner.end();
    if (last !== undefined && !take(last)) stop.abort();
  };
  try {
    await pipeline(await store.getStream(key), createGunzip(), read, { signal: stop.signal });
  } catch (error) {
    // With the stop, the streams end as if they had failed, and the request with them.
    if (!stop.signal.aborted) throw error;
  }
  return !stop.signal.aborted;
}

function rejectedIn(line: Buffer): RejectedLine | undefined {
  try {
    return rejectedLine.safeParse(JSON.parse(line.toString('utf8'))).data;
  } catch {
    // The parser's own message is not kept: it quotes the line.
    return undefined;
  }
}
