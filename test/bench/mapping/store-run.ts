import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Manifest, type ManifestPart, manifestSchema } from '../../../functions/shared/manifest.ts';
import { manifestKey, partKey } from '../../../functions/shared/object-keys.ts';
import { parseJsonWith } from '../../../functions/shared/parse.ts';
import { lineOf } from '../../simulators/mixpanel/data/event-row.ts';
import { createWorld } from '../../simulators/mixpanel/data/world.ts';
import { resolveProject } from '../../simulators/mixpanel/options.ts';
import { runRef, settings } from './settings.ts';

/** Half a surrogate pair, escaped: valid JSON that Mixpanel sends, and that jq and DuckDB refuse to read. */
const loneSurrogate = /\\ud[89a-f]/i;
const afterTheDay = Date.parse('2026-06-01T00:00:00Z');

/** Stores a day of the simulator's events as a run, in parts of so many lines, and gives its manifest. */
export function storeRun(folder: string, events: number, linesPerPart: number): Manifest {
  const parts: ManifestPart[] = [];
  let lines: string[] = [];
  const endPart = () => {
    if (lines.length > 0) parts.push(storePart(folder, parts.length, lines));
    lines = [];
  };
  for (const line of linesOf(events)) {
    lines.push(line);
    if (lines.length === linesPerPart) endPart();
  }
  endPart();
  const at = new Date(afterTheDay).toISOString();
  const manifest: Manifest = {
    version: 1,
    ...runRef,
    startedAt: at,
    completedAt: at,
    requests: 1,
    parts,
    records: sum(parts, 'records'),
    duplicates: 0,
    bytes: sum(parts, 'bytes'),
    contentHash: '0'.repeat(64),
    timestamps: 'utc',
    timezone: 'UTC',
  };
  writeFileSync(join(folder, manifestKey(runRef)), JSON.stringify(manifest));
  return manifest;
}

function* linesOf(events: number): Generator<string> {
  const project = resolveProject(
    { projectId: Number(settings.mixpanel.projectId) },
    { eventsPerDay: events },
  );
  const day = createWorld(1, project).dayEvents(runRef.date);
  for (const row of day.rows({ pull: 1, nowMs: afterTheDay })) {
    const line = lineOf(row, true);
    if (!loneSurrogate.test(line)) yield `${line}\n`;
  }
}

function storePart(folder: string, index: number, lines: readonly string[]): ManifestPart {
  const text = Buffer.from(lines.join(''));
  const gzip = gzipSync(text);
  const key = partKey(runRef, index);
  mkdirSync(dirname(join(folder, key)), { recursive: true });
  writeFileSync(join(folder, key), gzip);
  return {
    key,
    records: lines.length,
    bytes: text.length,
    gzipBytes: gzip.length,
    sha256: createHash('sha256').update(gzip).digest('hex'),
  };
}

/**
 * Adds a part of many lines to the run: its first part's lines again and again, as gzip members one after the other.
 *
 * @returns the part's place in the manifest.
 */
export function storeLargePart(folder: string, lines: number): number {
  const file = join(folder, manifestKey(runRef));
  const manifest = parseJsonWith(manifestSchema, readFileSync(file, 'utf8'), 'reading the manifest');
  const [first] = manifest.parts;
  if (first === undefined) throw new Error('the run has no part');
  const times = Math.ceil(lines / first.records);
  const gzip = Buffer.concat(Array.from({ length: times }, () => readFileSync(join(folder, first.key))));
  const key = partKey(runRef, manifest.parts.length);
  writeFileSync(join(folder, key), gzip);
  const part: ManifestPart = {
    key,
    records: first.records * times,
    bytes: first.bytes * times,
    gzipBytes: gzip.length,
    sha256: createHash('sha256').update(gzip).digest('hex'),
  };
  writeFileSync(file, JSON.stringify({ ...manifest, parts: [...manifest.parts, part] }));
  return manifest.parts.length;
}

function sum(parts: readonly ManifestPart[], figure: 'records' | 'bytes'): number {
  return parts.reduce((total, part) => total + part[figure], 0);
}
