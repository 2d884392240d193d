import { describeError } from '../shared/errors.ts';
import type { LineSet } from '../shared/line-set.ts';
import type { Manifest } from '../shared/manifest.ts';
import { partNumber, type RunRef, refusedKey } from '../shared/object-keys.ts';
import type { BatchReport } from '../shared/platform/batches.ts';
import type { RefusedRow } from '../shared/platform/refused-rows.ts';
import { readSuperseded } from '../shared/superseded.ts';
import { type LoadDeps, type MapDeps, readManifest } from './load-deps.ts';
import { forEachLine } from './map-part.ts';
import { createRejectedRecords, type RejectedRecords } from './rejected-records.ts';
import { recordsOf } from './run-records.ts';
import { uploadsOf } from './upload-plan.ts';

/** Nobody waits for reasons longer than this: a confirmation has other things to do. */
const longestMs = 180_000;
/** Each part is mapped once more to find its records: 64 MiB in some seconds. */
const maxParts = 16;

/**
 * Keeps the rows that Platform refused beside those that we reject, each as our own record with Platform's reason, or as
 * Platform shows it where our record can't be found. Best effort: whatever goes wrong is logged, and decides nothing.
 */
export async function keepRefusedRows(
  deps: LoadDeps,
  run: RunRef,
  batch: BatchReport,
  signal: AbortSignal,
): Promise<void> {
  const where = { window: run.date, run: run.run, batch: batch.id };
  const rejected = createRejectedRecords(deps.store, refusedKey(run));
  try {
    const hasRefused = batch.phase !== 'active' || batch.failed > 0;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
    const rows = hasRefused ? await deps.refusedRows.read(batch.id, bounded) : [];
    const joined = rows.length === 0 ? 0 : await joinRows(deps, { run, rows, rejected }, bounded);
    await rejected.close();
    if (rows.length > 0) deps.log.warn('Load:Refused:Kept', { ...where, rows: rows.length, joined });
    else if (hasRefused) deps.log.warn('Load:Refused:NotOffered', where);
  } catch (error) {
    rejected.abort();
    deps.log.warn('Load:Refused:NotKept', { ...where, error: describeError(error) });
  }
}

interface Join {
  readonly run: RunRef;
  readonly rows: readonly RefusedRow[];
  readonly rejected: RejectedRecords;
}

/** @returns how many rows were found among our records. */
async function joinRows(deps: LoadDeps, { run, rows, rejected }: Join, signal: AbortSignal): Promise<number> {
  const manifest = await readManifest(deps, run);
  const byId = new Map<string, RefusedRow[]>();
  for (const row of rows) {
    if (row.id !== undefined) byId.set(row.id, [...(byId.get(row.id) ?? []), row]);
  }
  const unmatched = new Set(rows);
  const parts = partsOf(deps, manifest, rows).slice(0, maxParts);
  const superseded = await readSuperseded(deps.store, manifest, parts);
  const mapDeps = { ...deps, ...(await deps.openMapping(signal)) };
  for (const part of parts) {
    const found = async (id: string, line: Buffer) => {
      const row = byId.get(id)?.shift();
      if (row === undefined) return;
      unmatched.delete(row);
      await rejected.add(line, { path: '', reason: row.reason });
    };
    await forEachId(mapDeps, { manifest, part, superseded: superseded.get(part) }, found, signal);
  }
  for (const row of unmatched) await rejected.add(Buffer.from(row.row), { path: '', reason: row.reason });
  return rows.length - unmatched.size;
}

/** The parts that the rows' files were made from; all parts when a row's file is not known. */
function partsOf(deps: LoadDeps, manifest: Manifest, rows: readonly RefusedRow[]): number[] {
  const uploads = uploadsOf(manifest, deps.sizes);
  const firsts = new Set(rows.map(({ file }) => (file === undefined ? undefined : partNumber(file))));
  return firsts.has(undefined) ? uploads.flat() : uploads.filter(([first]) => firsts.has(first)).flat();
}

interface PartLines {
  readonly manifest: Manifest;
  readonly part: number;
  readonly superseded: LineSet | undefined;
}

/** Maps a part once more and calls back with the `_id` of each row and the line that it was made from. */
async function forEachId(
  deps: MapDeps,
  { manifest, part: index, superseded }: PartLines,
  found: (id: string, line: Buffer) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const part = manifest.parts[index];
  if (part === undefined) return;
  const recordOf = recordsOf(deps, manifest);
  const mapLine = (line: Buffer, number: number) => {
    if (superseded?.has(number)) return undefined;
    const record = recordOf(line);
    const id = record === undefined ? undefined : deps.mapping.map(record).output?._id;
    return typeof id === 'string' ? found(id, line) : undefined;
  };
  await forEachLine(await deps.store.getStream(part.key), part, mapLine, signal);
}
