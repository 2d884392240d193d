import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ConnectorError, RetryableError, TerminalError } from '../shared/errors.ts';
import type { LineSet } from '../shared/line-set.ts';
import type { Manifest, ManifestPart } from '../shared/manifest.ts';
import type { Rejection } from '../shared/mapping/index.ts';
import { createLineScanner } from '../shared/ndjson.ts';
import { rejectedKey } from '../shared/object-keys.ts';
import type { PropertyProfile } from '../shared/property-profile.ts';
import { readSuperseded } from '../shared/superseded.ts';
import type { MapDeps } from './load-deps.ts';
import { createRejectedRecords, type RejectedRecords } from './rejected-records.ts';
import type { RowSink } from './row-sink.ts';
import { createRunRecords, type RunRecords } from './run-records.ts';

/** Bytes that gunzip gives at a time; with the usual 16 KB, handing them over costs as much as a tenth of the mapping. */
const gunzipChunkBytes = 256 * 1024;

export type MapPartDeps = Pick<MapDeps, 'settings' | 'store' | 'mapping'>;

export interface PartCounts {
  readonly filtered: number;
  readonly rejected: number;
  readonly mapped: number;
  /** How often each rule failed, by its number in the set and its destination; its attribute is then left out. */
  readonly ruleErrors: Readonly<Record<string, number>>;
  /** Which properties the mapped and the rejected lines have. */
  readonly properties: PropertyProfile;
}

/**
 * Maps one stored part to rows of XDM and adds them to an upload's files. Lines superseded by a duplicate are passed over.
 *
 * @throws {RetryableError} when the part can't be read to its end.
 * @throws {TerminalError} when the part is not what its manifest says.
 */
export async function mapPart(
  deps: MapPartDeps,
  manifest: Manifest,
  index: number,
  files: RowSink,
  signal: AbortSignal,
): Promise<PartCounts> {
  const part = manifest.parts[index];
  if (part === undefined)
    throw new TerminalError(
      'part_unknown',
      `mapping part ${index}: the manifest has ${manifest.parts.length} parts`,
    );
  const superseded = (await readSuperseded(deps.store, manifest, [index])).get(index);
  const rejected = createRejectedRecords(deps.store, rejectedKey(manifest, index));
  const ruleErrors = new Map<string, number>();
  const records = createRunRecords(deps, manifest);
  const mapLine = lineMapper(deps, records, { index, files, rejected, superseded, ruleErrors });
  try {
    await forEachLine(await deps.store.getStream(part.key), part, mapLine, signal);
    await files.endPart((line, rejection) => rejected.add(line, rejection));
    await rejected.close();
  } catch (error) {
    rejected.abort();
    throw error;
  }
  const kept = part.records - (superseded?.count ?? 0);
  return {
    filtered: 0,
    rejected: rejected.count,
    mapped: kept - rejected.count,
    ruleErrors: Object.fromEntries(ruleErrors),
    properties: records.profile(),
  };
}

interface Sinks {
  /** Of the part. */
  readonly index: number;
  readonly files: RowSink;
  readonly rejected: RejectedRecords;
  readonly superseded: LineSet | undefined;
  readonly ruleErrors: Map<string, number>;
}

/** Maps the nth line of a part. Returns a promise only where something has to be waited for. */
type MapLine = (line: Buffer, number: number) => Promise<void> | undefined;

function lineMapper(deps: MapPartDeps, records: RunRecords, sinks: Sinks): MapLine {
  return (line, number) => {
    if (sinks.superseded?.has(number)) return undefined;
    const record = records.recordOf(line);
    // Every line was checked when it was stored.
    if (record === undefined)
      throw new TerminalError('part_damaged', `mapping line ${number}: it is no event`);
    const { text, errors, rejected } = deps.mapping.map(record);
    for (const { rule, destination } of errors) {
      const name = `${rule} ${destination}`;
      sinks.ruleErrors.set(name, (sinks.ruleErrors.get(name) ?? 0) + 1);
    }
    if (text === undefined)
      return sinks.rejected.add(line, rejected[0] ?? { path: '', reason: 'the mapping gives no row' });
    const tooLarge = oversize(text, sinks.files.maxRowBytes);
    if (tooLarge !== undefined) return sinks.rejected.add(line, tooLarge);
    return sinks.files.add(text, { part: sinks.index, line: number }, line);
  };
}

/** Why a row can't be sent at all; undefined where it can. */
function oversize(row: string, maxRowBytes: number | undefined): Rejection | undefined {
  // UTF-8 takes at most three bytes for each unit of a string's length: most rows need no counting.
  if (maxRowBytes === undefined || row.length * 3 <= maxRowBytes) return undefined;
  const bytes = Buffer.byteLength(row, 'utf8');
  if (bytes <= maxRowBytes) return undefined;
  return { path: '', reason: `the row has ${bytes} bytes; a streamed message has room for ${maxRowBytes}` };
}

/**
 * Streams a part line by line, and checks it against its manifest on the way.
 *
 * @throws {RetryableError} when the part can't be read to its end.
 * @throws {TerminalError} when the part is not what its manifest says.
 */
export async function forEachLine(
  body: Readable,
  part: ManifestPart,
  mapLine: MapLine,
  signal: AbortSignal,
): Promise<void> {
  const digest = createHash('sha256');
  const scanner = createLineScanner();
  let lines = 0;
  const hashed = async function* (source: AsyncIterable<Buffer>) {
    for await (const bytes of source) {
      digest.update(bytes);
      yield bytes;
    }
  };
  const mapped = async (source: AsyncIterable<Buffer>) => {
    for await (const bytes of source) {
      for (const line of scanner.push(bytes)) {
        const waiting = mapLine(line, lines);
        lines += 1;
        if (waiting !== undefined) await waiting;
      }
    }
    const last = scanner.end();
    if (last === undefined) return;
    await mapLine(last, lines);
    lines += 1;
  };
  try {
    await pipeline(body, hashed, createGunzip({ chunkSize: gunzipChunkBytes }), mapped, { signal });
  } catch (cause) {
    if (cause instanceof ConnectorError) throw cause;
    throw new RetryableError('part_unreadable', `mapping ${part.key}`, { cause });
  }
  if (lines !== part.records || digest.digest('hex') !== part.sha256) {
    throw new TerminalError(
      'part_damaged',
      `mapping ${part.key}: it has ${lines} lines, and not the content that its manifest says (${part.records} lines); export the window again`,
    );
  }
}
