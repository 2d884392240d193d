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

/** Reads the reasons from the rejected records of a window's newest run that has any. */
export async function rejectionReasons(store: ObjectStore, windowPrefix: string) {
  const keys: string[] = [];
  for await (const { key } of store.list(windowPrefix)) keys.push(key);
  // Run ids sort by time, and the listing by key.
  const run = /\/run=([^/]+)\//.exec(keys.at(-1) ?? '')?.[1];
  if (run === undefined) return undefined;
  const counts = new Map<string, ReasonCount>();
  let lines = 0;
  for (const key of keys.filter((name) => name.includes(`/run=${run}/`))) {
    if (lines >= mostLines) break;
    lines += await readPart(store, key, (reason, path) => {
      const name = JSON.stringify([reason, path]);
      const known = counts.get(name);
      if (known === undefined && counts.size >= mostReasons) return;
      counts.set(name, { reason, path, count: (known?.count ?? 0) + 1 });
    });
  }
  return { run, reasons: [...counts.values()].sort((one, other) => other.count - one.count) };
}

async function readPart(
  store: ObjectStore,
  key: string,
  add: (reason: string, path: string | null) => void,
): Promise<number> {
  let lines = 0;
  await pipeline(await store.getStream(key), createGunzip(), async (bytes: AsyncIterable<Buffer>) => {
    const scanner = createLineScanner();
    const take = (line: Buffer) => {
      lines += 1;
      const rejected = rejectedIn(line);
      if (rejected !== undefined) add(rejected.reason, rejected.path ?? null);
    };
    for await (const piece of bytes) for (const line of scanner.push(piece)) take(line);
    const last = scanner.end();
    if (last !== undefined) take(last);
  });
  return lines;
}

function rejectedIn(line: Buffer): z.output<typeof rejectedLine> | undefined {
  try {
    return rejectedLine.safeParse(JSON.parse(line.toString('utf8'))).data;
  } catch {
    // The parser's own message is not kept: it quotes the line.
    return undefined;
  }
}
