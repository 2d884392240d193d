import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { ForgetPlace } from '../../bin/forget/forget-people.ts';
import { forEachLine } from '../../functions/load-window/map-part.ts';
import { createLedgerStore } from '../../functions/shared/ledger-store.ts';
import { type Manifest, manifestSchema } from '../../functions/shared/manifest.ts';
import type { MessageQueue } from '../../functions/shared/message-queue.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { readSuperseded } from '../../functions/shared/superseded.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';

/** Where people are forgotten in a test. */
export function forgetPlace(
  store: ObjectStore,
  windowQueue: MessageQueue,
  changed: Partial<ForgetPlace> = {},
): ForgetPlace {
  const clock = () => Date.UTC(2026, 2, 20);
  return {
    source: 'shop',
    store,
    ledgers: createLedgerStore(store, clock),
    windowQueue,
    reloads: true,
    reason: 'request 4711',
    clock,
    ...changed,
  };
}

/** A line of the export in which somebody is named by these properties. */
export function lineOf(event: string, who: object, others: object = {}): string {
  return JSON.stringify({
    event,
    properties: { time: 1_772_964_000, $insert_id: `i-${event}`, ...who, ...others },
  });
}

/** The objects whose text, unzipped where it is zipped, holds this text in any place. */
export function objectsWith({ objects }: MemoryObjectStore, text: string): string[] {
  return [...objects].flatMap(([key, body]) =>
    (key.endsWith('.gz') ? gunzipSync(body) : body).includes(text) ? [key] : [],
  );
}

/** Every complete run of the archive with its lines that delivery does not skip, after all of it was held to its manifest. */
export async function keptByRun(store: MemoryObjectStore): Promise<Map<string, string[]>> {
  const kept = new Map<string, string[]>();
  for (const [key, body] of store.objects) {
    if (!key.endsWith('/manifest.json')) continue;
    const manifest = manifestSchema.parse(JSON.parse(body.toString('utf8')));
    kept.set(manifest.run, await keptLines(store, manifest));
  }
  return kept;
}

async function keptLines(store: MemoryObjectStore, manifest: Manifest): Promise<string[]> {
  const superseded = await readSuperseded(store, manifest, [...manifest.parts.keys()]);
  const lines: string[] = [];
  for (const [index, part] of manifest.parts.entries()) {
    const take = (line: Buffer, number: number) => {
      if (superseded.get(index)?.has(number) !== true) lines.push(line.toString('utf8'));
      return undefined;
    };
    await forEachLine(await store.getStream(part.key), part, take, new AbortController().signal);
  }
  expect(lines, manifest.run).toHaveLength(manifest.records - manifest.duplicates);
  return lines.sort();
}
