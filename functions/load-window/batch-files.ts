/**
 * One file of a batch. Platform takes 256 MB per file, 1,500 files and 100 GB per batch: at 64 MiB a batch of all
 * files stays within both, and a file fits into the function's memory, which makes its length known beforehand.
 */
const maxFileBytes = 64 * 1024 * 1024;
/** Rows are collected in pieces of this size, so that a file is a few hundred buffers and not a million. */
const pieceBytes = 256 * 1024;

/** Uploads one file of NDJSON rows. */
export type PutFile = (index: number, body: readonly Buffer[]) => Promise<void>;

export interface BatchFiles {
  /** How many files were uploaded. */
  readonly count: number;
  /** Adds one row, without its newline; uploads a file when one is full. */
  add(row: string): Promise<void> | undefined;
  /** Uploads what is left. */
  close(): Promise<void>;
}

/** Packs rows into files of bounded size. The same rows make the same files. */
export function createBatchFiles(putFile: PutFile, fileBytes = maxFileBytes): BatchFiles {
  let count = 0;
  let pieces: Buffer[] = [];
  let bytes = 0;
  let text = '';

  const endPiece = () => {
    if (text === '') return;
    const piece = Buffer.from(text, 'utf8');
    pieces.push(piece);
    bytes += piece.length;
    text = '';
  };
  const upload = async () => {
    const body = pieces;
    pieces = [];
    bytes = 0;
    await putFile(count, body);
    count += 1;
  };
  return {
    get count() {
      return count;
    },
    add(row) {
      text += `${row}\n`;
      if (text.length < pieceBytes) return undefined;
      endPiece();
      return bytes >= fileBytes ? upload() : undefined;
    },
    async close() {
      endPiece();
      if (bytes > 0) await upload();
    },
  };
}
