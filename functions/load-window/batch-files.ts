import { createRowPieces } from './row-pieces.ts';
import type { LinePosition, RowSink } from './row-sink.ts';
import { comparePositions, type UploadProgress } from './upload-checkpoint.ts';

/** After so many characters it is asked whether a file is full. */
const pieceCharacters = 256 * 1024;

export interface BatchFilesOptions {
  /** A file is uploaded as soon as it has this many bytes. */
  readonly fileBytes: number;
  /** Uploads one file of NDJSON rows. */
  readonly putFile: (index: number, body: readonly Buffer[]) => Promise<void>;
  /** Called after each file but the last, with all that is uploaded by then. */
  readonly onProgress: (progress: UploadProgress) => Promise<void>;
  /** What earlier invocations have uploaded. @default nothing */
  readonly from?: UploadProgress | undefined;
}

export interface BatchFiles extends RowSink {
  /** Uploads a file when one is full. */
  add(row: string, position: LinePosition): Promise<void> | undefined;
}

/** Packs rows into files of bounded size. The same rows make the same files; those uploaded before are passed over. */
export function createBatchFiles(options: BatchFilesOptions): BatchFiles {
  const { fileBytes, putFile, onProgress, from } = options;
  let count = from?.files ?? 0;
  let uploadedBytes = from?.bytes ?? 0;
  const rows = createRowPieces(Math.min(pieceCharacters, fileBytes));

  const upload = async () => {
    const { bytes } = rows;
    await putFile(count, rows.take());
    count += 1;
    uploadedBytes += bytes;
  };
  const uploadFull = async (position: LinePosition) => {
    await upload();
    await onProgress({ version: 1, files: count, bytes: uploadedBytes, ...position });
  };
  return {
    get count() {
      return count;
    },
    get bytes() {
      return uploadedBytes;
    },
    add(row, position) {
      if (from !== undefined && comparePositions(position, from) <= 0) return undefined;
      return rows.add(row) && rows.bytes >= fileBytes ? uploadFull(position) : undefined;
    },
    // What Platform refuses of a batch, it tells long after the batch is complete.
    endPart: async () => {},
    async close() {
      if (rows.bytes > 0) await upload();
    },
  };
}
