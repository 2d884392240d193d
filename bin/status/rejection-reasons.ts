import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import * as z from 'zod';
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

/** So many lines tell the reasons; a window with millions of rejected records would take minutes. */
const mostLines = 50_000;
const mostReasons = 100;

/**
 * Reads the reasons from the rejected records of a window's newest run that has any.
 *
 * @param most records that are looked at, about.
 */
export async function rejectionReasons(store: ObjectStore, windowPrefix: string, most: number = mostLines) {
  const keys: string[] = [];
  for await (const { key } of store.list(windowPrefix)) keys.push(key);
  // Run ids sort by time, and the listing by key.
  const run = /\/run=([^/]+)\//.exec(keys.at(-1) ?? '')?.[1];
  if (run === undefined) return undefined;
  const counts = new Map<string, ReasonCount>();
  const parts = keys.filter((name) => name.includes(`/run=${run}/`));
  let lines = 0;
  let isSample = false;
  for (const key of parts) {
    isSample ||= lines >= most;
    if (isSample) break;
    const read = await readPart(store, { key, most: most - lines }, (reason, path) => {
      const name = JSON.stringify([reason, path]);
      const known = counts.get(name);
      if (known === undefined && counts.size >= mostReasons) return;
      counts.set(name, { reason, path, count: (known?.count ?? 0) + 1 });
    });
    lines += read.lines;
    isSample ||= !read.isWhole;
  }
  return {
    run,
    lines,
    isSample,
    reasons: [...counts.values()].sort((one, other) => other.count - one.count),
  };
}

async function readPart(
  store: ObjectStore,
  { key, most }: { readonly key: string; readonly most: number },
  add: (reason: string, path: string | null) => void,
): Promise<{ readonly lines: number; readonly isWhole: boolean }> {
  let lines = 0;
  let isWhole = false;
  await pipeline(await store.getStream(key), createGunzip(), async (bytes: AsyncIterable<Buffer>) => {
    const scanner = createLineScanner();
    const take = (line: Buffer) => {
      lines += 1;
      const rejected = rejectedIn(line);
      if (rejected !== undefined) add(rejected.reason, rejected.path ?? null);
    };
    for await (const piece of bytes) {
      for (const line of scanner.push(piece)) {
        // Leaving the loop ends the streams before it, and the request with them.
        if (lines >= most) return;
        take(line);
      }
    }
    const last = scanner.end();
    if (last !== undefined) take(last);
    isWhole = true;
  });
  return { lines, isWhole };
}

function rejectedIn(line: Buffer): z.output<typeof rejectedLine> | undefined {
  try {
    return rejectedLine.safeParse(JSON.parse(line.toString('utf8'))).data;
  } catch {
    // The parser's own message is not kept: it quotes the line.
    return undefined;
  }
}
