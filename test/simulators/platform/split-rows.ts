/** Longest row that is kept in memory; Platform's own limit for a message is 1 MB, for a row of a file none is known. */
export const maxRowBytes = 16 * 1024 * 1024;

const newline = 0x0a;

/** A row's bytes, or `undefined` for one that is too long to be read. */
export type RawRow = Buffer | undefined;

/** Splits bytes at line ends, all rows of one piece of input at a time; blank lines are no rows. */
export async function* splitLines(source: AsyncIterable<Buffer>): AsyncGenerator<RawRow[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of source) {
    const rows: RawRow[] = [];
    let start = 0;
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
      const tail = piece.subarray(start, end);
      pushRow(rows, restBytes === 0 ? tail : joined(rest, tail, restBytes));
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    const tail = piece.subarray(start);
    restBytes += tail.length;
    // What is longer than a row may be is counted, no longer kept.
    if (tail.length > 0 && restBytes <= maxRowBytes) rest.push(tail);
    if (rows.length > 0) yield rows;
  }
  const rows: RawRow[] = [];
  if (restBytes > 0) pushRow(rows, joined(rest, Buffer.alloc(0), restBytes));
  if (rows.length > 0) yield rows;
}

function joined(rest: readonly Buffer[], tail: Buffer, restBytes: number): RawRow {
  return restBytes + tail.length > maxRowBytes ? undefined : Buffer.concat([...rest, tail]);
}

function pushRow(rows: RawRow[], row: RawRow): void {
  if (row === undefined || !isBlank(row)) rows.push(row);
}

function isBlank(row: Buffer): boolean {
  for (const byte of row) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}

/**
 * Splits JSON whose objects span lines, loose or in one list: each top-level object is a row. What stands between
 * objects is skipped.
 */
export async function* splitObjects(source: AsyncIterable<Buffer>): AsyncGenerator<RawRow[]> {
  let depth = 0;
  let inText = false;
  let escaped = false;
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const piece of source) {
    const rows: RawRow[] = [];
    let start = depth > 0 ? 0 : -1;
    for (let index = 0; index < piece.length; index += 1) {
      const byte = piece[index];
      if (inText) {
        if (escaped) escaped = false;
        else if (byte === 0x5c) escaped = true;
        else if (byte === 0x22) inText = false;
      } else if (byte === 0x22) inText = depth > 0;
      else if (byte === 0x7b) {
        if (depth === 0) start = index;
        depth += 1;
      } else if (byte === 0x7d && depth > 0) {
        depth -= 1;
        if (depth > 0) continue;
        rows.push(joined(rest, piece.subarray(start, index + 1), restBytes));
        rest = [];
        restBytes = 0;
        start = -1;
      }
    }
    if (start !== -1) {
      restBytes += piece.length - start;
      if (restBytes <= maxRowBytes) rest.push(piece.subarray(start));
    }
    if (rows.length > 0) yield rows;
  }
  if (restBytes > 0) yield [joined(rest, Buffer.alloc(0), restBytes)];
}
