import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import * as z from 'zod';
import { RetryableError, TerminalError } from './errors.ts';
import { createLineSet, type LineSet } from './line-set.ts';
import type { Manifest } from './manifest.ts';
import { createLineScanner } from './ndjson.ts';
import { partNameOfKey, supersededKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { parseJsonWith, parseWith } from './parse.ts';
import { formatVersion } from './stored-format.ts';

/** Numbers written at a time: a part's list is never held as one text. */
const numbersPerWrite = 4096;
/** A part of 64 MiB has at most some two million lines of the shortest event, of eight characters each here. */
const maxLineBytes = 32 * 1024 * 1024;

/** One problem, however many numbers are wrong: there may be millions. */
const entrySchema = z.record(z.string(), z.custom<number[]>(isLineList, 'must be a list of line numbers'));
/** Of one part: a number takes two characters at least. */
const maxEntryValues = maxLineBytes / 2;

const openingSchema = z.object({ version: formatVersion(1) });

/** One part and its superseded lines, ascending. */
export type SupersededEntry = readonly [part: string, lines: Iterable<number>];

/**
 * Stores which lines of a run lost against a duplicate: `{"version":1,"parts":{"part-00000":[3,17]}}`, with one part
 * to a line so that a reader needs memory for one part only.
 */
export async function writeSuperseded(
  store: ObjectStore,
  key: string,
  entries: Iterable<SupersededEntry> | AsyncIterable<SupersededEntry>,
  signal?: AbortSignal,
): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const gzip = createGzip();
  try {
    await Promise.all([
      store.putStream(key, gzip, options),
      pipeline(Readable.from(supersededText(entries), { objectMode: false }), gzip, options),
    ]);
  } finally {
    // An upload that failed leaves its stream unread, and the pipeline waiting for a reader.
    gzip.destroy();
  }
}

async function* supersededText(
  entries: Iterable<SupersededEntry> | AsyncIterable<SupersededEntry>,
): AsyncGenerator<string> {
  yield '{"version":1,"parts":{';
  let separator = '\n';
  for await (const [part, lines] of entries) {
    yield `${separator}${JSON.stringify(part)}:[`;
    yield* numbers(lines);
    yield ']';
    separator = ',\n';
  }
  yield '\n}}\n';
}

function* numbers(lines: Iterable<number>): Generator<string> {
  let text = '';
  let held = 0;
  let first = true;
  for (const line of lines) {
    text += first ? line : `,${line}`;
    first = false;
    held += 1;
    if (held === numbersPerWrite) {
      yield text;
      text = '';
      held = 0;
    }
  }
  yield text;
}

/**
 * Reads which lines of these parts delivery must skip. A part without duplicates is not in the map.
 *
 * A part is known by the name in its key: the manifest promises no numbering without gaps.
 *
 * @param parts their places in the manifest.
 * @throws {RetryableError} when the object can't be read to its end.
 * @throws {TerminalError} when it doesn't say as many lines as the manifest, or names other parts: the run must not be
 *   delivered.
 */
export async function readSuperseded(
  store: Pick<ObjectStore, 'getStream'>,
  manifest: Manifest,
  parts: readonly number[],
): Promise<ReadonlyMap<number, LineSet>> {
  const found = new Map<number, LineSet>();
  if (manifest.duplicates === 0) return found;
  const key = supersededKey(manifest);
  const wanted = new Map(parts.map((index) => [nameOf(manifest, index), index]));
  const named = new Set([...manifest.parts.keys()].map((index) => nameOf(manifest, index)));
  let total = 0;

  for await (const [name, lines] of readSupersededEntries(store, key)) {
    total += lines.length;
    // Skipped, its lines would count as found while others, in the part that is meant, are delivered twice.
    if (!named.has(name)) throw mismatch(key, `the manifest has no ${name}`);
    const index = wanted.get(name);
    const part = index === undefined ? undefined : manifest.parts[index];
    if (index === undefined || part === undefined) continue;
    if (lines.some((line) => line >= part.records)) throw mismatch(key, `${name} has no such line`);
    const set = createLineSet(part.records);
    for (const line of lines) set.add(line);
    found.set(index, set);
  }
  if (total !== manifest.duplicates) {
    throw mismatch(key, `it names ${total} lines, the manifest counts ${manifest.duplicates}`);
  }
  return found;
}

function nameOf({ parts }: Manifest, index: number): string | undefined {
  const key = parts[index]?.key;
  return key === undefined ? undefined : partNameOfKey(key);
}

function mismatch(key: string, what: string): TerminalError {
  return new TerminalError('superseded_mismatch', `reading ${key}: ${what}; export the window again`);
}

/**
 * The entries of one such object, one after another.
 *
 * @throws {RetryableError} when it can't be read to its end.
 */
export async function* readSupersededEntries(
  store: Pick<ObjectStore, 'getStream'>,
  key: string,
): AsyncGenerator<[part: string, lines: number[]]> {
  const scanner = createLineScanner(maxLineBytes);
  const gunzip = createGunzip();
  try {
    // Its failure destroys `gunzip` and comes out of the loop below; here it must not count as unhandled.
    const transferred = pipeline(await store.getStream(key), gunzip);
    transferred.catch(() => undefined);
    for await (const bytes of gunzip) {
      for (const line of scanner.push(asBuffer(bytes))) yield* entriesOf(line.toString('utf8'), key);
    }
    await transferred;
  } catch (cause) {
    if (cause instanceof TerminalError) throw cause;
    throw new RetryableError('superseded_unreadable', `reading ${key}`, { cause });
  }
}

/** The line `"part-00000":[3,17],` as an entry; the opening and closing lines have none. */
function entriesOf(line: string, key: string): [string, number[]][] {
  const version = /^\{"version":(\d+)/.exec(line)?.[1];
  if (version !== undefined) parseWith(openingSchema, { version: Number(version) }, `reading ${key}`);
  if (!line.startsWith('"')) return [];
  const text = `{${line.replace(/,$/, '')}}`;
  return Object.entries(parseJsonWith(entrySchema, text, `reading ${key}`, { maxValues: maxEntryValues }));
}

function isLineList(value: unknown): boolean {
  return Array.isArray(value) && value.every((line) => Number.isSafeInteger(line) && line >= 0);
}

function asBuffer(bytes: unknown): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  throw new TypeError('the stream gives something other than bytes');
}
