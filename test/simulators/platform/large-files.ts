import { createReadStream, createWriteStream, renameSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { badRequest, notFound } from './reply.ts';

/** A piece of a large file: first and last byte, and the length of the whole. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
  readonly total: number;
}

/** Where the pieces of a large file wait, beside the whole files and never among them. */
export function piecesFolder(location: string): string {
  return join(dirname(dirname(location)), 'pieces', basename(location));
}

/** @throws {ReplyError} 404 when the large file was never begun. */
export async function requireInitialized(location: string): Promise<void> {
  await stat(piecesFolder(location)).catch(() => {
    throw notFound('the large file has not been initialized');
  });
}

/** The pieces that have arrived, in the order of their bytes. */
export async function rangesOf(location: string): Promise<ByteRange[]> {
  const names = await readdir(piecesFolder(location));
  return names.map(parsePieceName).sort((a, b) => a.start - b.start);
}

function parsePieceName(name: string): ByteRange {
  const [start = 0, end = 0, total = 0] = name.split('-').map(Number);
  return { start, end, total };
}

/** @throws {ReplyError} 400 when the header does not say `bytes FIRST-LAST/TOTAL`. */
export function parseRange(header: string | undefined): ByteRange {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header ?? '');
  const range = { start: Number(match?.[1]), end: Number(match?.[2]), total: Number(match?.[3]) };
  if (match === null || range.end < range.start || range.end >= range.total) {
    throw badRequest('Content-Range must be "bytes FIRST-LAST/TOTAL"');
  }
  return range;
}

/**
 * Joins the pieces of a large file; how many bytes it has.
 *
 * @throws {ReplyError} 400 when they overlap or leave a gap: only here it shows.
 */
export async function putTogether(location: string, beforeCommit: () => void): Promise<number> {
  await requireInitialized(location);
  const ranges = await rangesOf(location);
  let next = 0;
  for (const range of ranges) {
    if (range.start !== next || range.total !== ranges[0]?.total)
      throw badRequest('pieces overlap or are missing');
    next = range.end + 1;
  }
  if (ranges.length === 0 || next !== ranges[0]?.total) throw badRequest('pieces are missing');
  const all = async function* () {
    for (const range of ranges) {
      yield* createReadStream(pieceLocation(location, range));
    }
  };
  await mkdir(dirname(location), { recursive: true });
  await pipeline(all(), createWriteStream(`${location}.joined`));
  // As with a whole file: checked and put in place in one step.
  beforeCommit();
  renameSync(`${location}.joined`, location);
  await rm(piecesFolder(location), { recursive: true });
  return next;
}

/** Begins a large file, anew if it was begun before. */
export async function initialize(location: string): Promise<void> {
  await rm(piecesFolder(location), { recursive: true, force: true });
  await mkdir(piecesFolder(location), { recursive: true });
}

/** Where a piece's bytes go. */
export function pieceLocation(location: string, { start, end, total }: ByteRange): string {
  return join(piecesFolder(location), `${start}-${end}-${total}`);
}
