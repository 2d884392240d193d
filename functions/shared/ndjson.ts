import { RetryableError } from './errors.ts';

const newline = 0x0a;

/**
 * Longest line accepted. Mixpanel takes events of up to 1 MB; written as JSON escapes a byte may become six, and
 * Mixpanel adds some properties of its own. Anything longer is no event, and would only fill the memory.
 */
export const defaultMaxLineBytes = 8 * 1024 * 1024;

/** A line outgrew the bound: the bytes are not what they should be. */
export class LineTooLongError extends RetryableError {
  constructor(maxLineBytes: number) {
    super('line_too_long', `reading lines: one is longer than ${maxLineBytes} bytes`);
  }
}

export interface LineScanner {
  /**
   * Takes the next bytes and returns the lines that they complete, each without its newline. A line may be a view
   * of the bytes given: they must not be reused.
   *
   * @throws {LineTooLongError}
   */
  push(bytes: Buffer): Buffer[];
  /** What follows the last newline, or undefined when the last byte was one. Call once, at the end. */
  end(): Buffer | undefined;
}

/**
 * Cuts bytes into lines at 0x0A and nowhere else: JSON leaves U+2028, U+2029 and U+0085 unescaped inside text, where
 * readers that follow Unicode's idea of a line have torn events apart.
 */
export function createLineScanner(maxLineBytes = defaultMaxLineBytes): LineScanner {
  let pieces: Buffer[] = [];
  let heldBytes = 0;

  const hold = (piece: Buffer) => {
    if (heldBytes + piece.length > maxLineBytes) throw new LineTooLongError(maxLineBytes);
    if (piece.length === 0) return;
    pieces.push(piece);
    heldBytes += piece.length;
  };
  const release = () => {
    const [first] = pieces;
    const line = first !== undefined && pieces.length === 1 ? first : Buffer.concat(pieces, heldBytes);
    pieces = [];
    heldBytes = 0;
    return line;
  };

  return {
    push(bytes) {
      const lines: Buffer[] = [];
      let start = 0;
      for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, start)) {
        const piece = bytes.subarray(start, at);
        start = at + 1;
        if (heldBytes === 0) {
          if (piece.length > maxLineBytes) throw new LineTooLongError(maxLineBytes);
          lines.push(piece);
        } else {
          hold(piece);
          lines.push(release());
        }
      }
      hold(bytes.subarray(start));
      return lines;
    },
    end: () => (heldBytes === 0 ? undefined : release()),
  };
}
