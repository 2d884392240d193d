import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { archiveAnswer } from '../../functions/export-window/archive-answer.ts';
import { parseLine } from '../../functions/export-window/parse-line.ts';
import { createManifest, writeManifest } from '../../functions/export-window/run-manifest.ts';
import { readManifest } from '../../functions/load-window/load-deps.ts';
import { forEachLine } from '../../functions/load-window/map-part.ts';
import { ConnectorError, RetryableError } from '../../functions/shared/errors.ts';
import type { IsForgotten } from '../../functions/shared/forgotten.ts';
import type { Manifest, ManifestPart } from '../../functions/shared/manifest.ts';
import {
  manifestKey,
  type RunRef,
  rejectedPrefix,
  runPrefix,
  slicedRunKey,
  slicedRunPrefix,
  supersededKey,
} from '../../functions/shared/object-keys.ts';
import type { ObjectStore } from '../../functions/shared/object-store.ts';
import { writeSuperseded } from '../../functions/shared/superseded.ts';
import { silentLog } from '../operator/silent-log.ts';
import type { ForgetDeps } from './forget-deps.ts';

/**
 * How many of a run's lines name somebody who is to be forgotten.
 *
 * @throws {ConnectorError} when a part can't be read or is not what its manifest says.
 */
export async function countForgotten(
  store: Pick<ObjectStore, 'getStream'>,
  manifest: Manifest,
  isForgotten: IsForgotten,
): Promise<number> {
  let found = 0;
  const { signal } = new AbortController();
  for (const part of manifest.parts) {
    const look = (line: Buffer, number: number) => {
      parseLine(line, number, { window: manifest.date });
      if (isForgotten(line)) found += 1;
      return undefined;
    };
    await forEachLine(await store.getStream(part.key), part, look, signal);
  }
  return found;
}

/**
 * Stores a run once more under another id, without the lines that are to be forgotten, as if Mixpanel had sent it so:
 * what is superseded and what the content is are found out anew. Does nothing where that was done before.
 *
 * @param lines how many lines are to go.
 */
export async function rewriteRun(
  { store, forgotten }: Pick<ForgetDeps, 'store' | 'forgotten'>,
  { manifest, run, lines }: { readonly manifest: Manifest; readonly run: string; readonly lines: number },
): Promise<Manifest> {
  const ref: RunRef = { source: manifest.source, date: manifest.date, run };
  if ((await store.size(manifestKey(ref))) !== undefined) return readManifest({ store }, ref);
  const body = Readable.from(linesOf(store, manifest), { objectMode: false });
  const beside = [supersededKey(ref)] as const;
  const archived = await archiveAnswer(
    { store, log: silentLog },
    {
      run: ref,
      firstPart: 0,
      beside,
      answer: { body, contentEncoding: 'identity', framed: true },
      // Privacy had its turn when the lines came.
      filter: (line) => line,
      forgotten,
      evidence: undefined,
      watch: undefined,
      signal: new AbortController().signal,
    },
    async (stored) => {
      requireAllAccounted(manifest, stored.parts, lines);
      if (stored.duplicates > 0) await writeSuperseded(store, beside[0], stored.superseded);
      return stored;
    },
  );
  const rewritten = createManifest({ ...manifest, ...archived, run: ref, content: [archived.content] });
  await writeManifest({ store, log: silentLog }, rewritten);
  return rewritten;
}

/** Before anything is deleted for the sake of these parts: they must be there. */
export async function requireStored(store: ObjectStore, manifest: Manifest): Promise<void> {
  for (const { key, gzipBytes } of manifest.parts) {
    if ((await store.size(key)) === gzipBytes) continue;
    await store.delete(manifestKey(manifest));
    throw new RetryableError(
      'part_short',
      `rewriting run ${manifest.run}: ${key} is not there; run it again`,
    );
  }
}

/**
 * Deletes everything of a run. What would have it taken for a run goes first: whoever meets the rest half deleted must not
 * take it for one, and nothing may join its slices again.
 */
export async function deleteRun(store: ObjectStore, run: RunRef): Promise<void> {
  await store.delete(slicedRunKey(run));
  await store.delete(manifestKey(run));
  for (const prefix of [runPrefix(run), rejectedPrefix(run), slicedRunPrefix(run)]) {
    for await (const { key } of store.list(prefix)) await store.delete(key);
  }
}

async function* linesOf(store: Pick<ObjectStore, 'getStream'>, { parts }: Manifest): AsyncGenerator<Buffer> {
  for (const { key } of parts) {
    const gunzip = createGunzip();
    const moved = pipeline(await store.getStream(key), gunzip);
    // Its failure destroys `gunzip` and comes out of the loop below; here it must not count as unhandled.
    moved.catch(() => undefined);
    for await (const bytes of gunzip) yield bytes;
    await moved;
  }
}

function requireAllAccounted(
  { date, run, records }: Manifest,
  parts: readonly ManifestPart[],
  lines: number,
) {
  const kept = parts.reduce((sum, part) => sum + part.records, 0);
  if (kept + lines === records) return;
  throw new ConnectorError(
    'lines_unaccounted',
    `rewriting run ${run} of ${date}: ${kept} lines kept and ${lines} left out, ${records} expected`,
    false,
  );
}
