/** Room for characters of more than one byte; where a row does not fit any more, another buffer is begun. */
const spareBytes = 64 * 1024;
/** Bytes that UTF-8 takes at most for each unit of a string's length. */
const maxBytesPerUnit = 3;

const newline = 0x0a;

/** Collects rows as the bytes of NDJSON. */
export interface RowPieces {
  readonly bytes: number;
  /** @returns whether another piece is full: the time to ask if all of them together are enough. */
  add(row: string): boolean;
  /** Gives up the pieces, and begins anew. */
  take(): Buffer[];
}

/**
 * Rows are encoded one by one: a row of plain letters then stays one byte a letter, where a text of several hundred
 * rows takes two for each as soon as one of them has a single other letter, and three times as long.
 *
 * @param pieceCharacters how long a piece is: so long that a file is a few hundred buffers and not a million.
 */
export function createRowPieces(pieceCharacters: number): RowPieces {
  let pieces: Buffer[] = [];
  let buffer = Buffer.alloc(0);
  let used = 0;
  let bytes = 0;
  let characters = 0;

  const endPiece = () => {
    if (used > 0) pieces.push(buffer.subarray(0, used));
    buffer = buffer.subarray(used);
    used = 0;
  };
  return {
    get bytes() {
      return bytes;
    },
    add(row) {
      const most = row.length * maxBytesPerUnit + 1;
      if (buffer.length - used < most) {
        endPiece();
        buffer = Buffer.allocUnsafeSlow(Math.max(pieceCharacters + spareBytes, most));
      }
      const length = buffer.write(row, used, 'utf8') + 1;
      used += length;
      buffer[used - 1] = newline;
      bytes += length;
      characters += row.length + 1;
      if (characters < pieceCharacters) return false;
      characters = 0;
      return true;
    },
    take() {
      endPiece();
      const taken = pieces;
      pieces = [];
      bytes = 0;
      return taken;
    },
  };
}
