import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { UploadedFile } from './batch-store.ts';
import type { RowCheck } from './compile-rows.ts';
import { parseJson } from './json.ts';
import { RowErrorWriter } from './row-errors.ts';
import { type RawRow, splitLines, splitObjects } from './split-rows.ts';

/** A piece of input: large enough that the cost per piece does not count, small beside any memory limit. */
const pieceBytes = 1024 * 1024;

const lineEnd = Buffer.from('\n');

/** One batch's uploads, and how to read them. */
export interface IngestionInput {
  readonly folder: string;
  readonly files: readonly UploadedFile[];
  readonly isMultiLineJson: boolean;
  readonly readGzip: boolean;
  /** Rows from the beginning that are lost, for an injected fault. */
  readonly lostRows: number;
  readonly check: RowCheck;
  readonly signal: AbortSignal;
}

/** What came of it. `inputRows` is always `outputRows` and `failedRows` together. */
export interface IngestionCounts {
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly inputRows: number;
  readonly outputRows: number;
  readonly failedRows: number;
  /** How many rows failed by each code of the batch's error list. */
  readonly codes: ReadonlyMap<string, number>;
}

/**
 * Reads a batch's uploads row by row: accepted rows go to `rows.ndjson`, refused ones with their reasons under
 * `row_errors/`. Holds a few pieces of input in memory, whatever the size of the batch.
 */
export async function ingestRows(input: IngestionInput): Promise<IngestionCounts> {
  const run = new IngestionRun(input);
  await mkdir(join(input.folder, 'row_errors'), { recursive: true });
  const draft = join(input.folder, 'rows.draft');
  await pipeline(run.acceptedRows(), createWriteStream(draft), { signal: input.signal });
  await rename(draft, join(input.folder, 'rows.ndjson'));
  return run.counts();
}

class IngestionRun {
  readonly errors: RowErrorWriter;
  readonly #input: IngestionInput;
  #inputRows = 0;
  #outputRows = 0;
  #outputBytes = 0;

  constructor(input: IngestionInput) {
    this.#input = input;
    this.errors = new RowErrorWriter(join(input.folder, 'row_errors'));
  }

  async *acceptedRows(): AsyncGenerator<Buffer> {
    for (const file of this.#input.files) {
      const split = this.#input.isMultiLineJson ? splitObjects : splitLines;
      for await (const rows of split(await this.#bytesOf(file))) {
        const accepted = this.#checkRows(rows, file.path);
        await this.errors.flush();
        this.#outputBytes += accepted.length;
        if (accepted.length > 0) yield accepted;
      }
    }
  }

  #checkRows(rows: readonly RawRow[], path: string): Buffer {
    const accepted: Buffer[] = [];
    for (const raw of rows) {
      this.#inputRows += 1;
      const kept = this.#checkRow(raw, path);
      if (kept === undefined) continue;
      this.#outputRows += 1;
      accepted.push(kept, lineEnd);
    }
    return Buffer.concat(accepted);
  }

  #checkRow(raw: RawRow, path: string): Buffer | undefined {
    const text = raw?.toString('utf8');
    const row = text === undefined ? undefined : parseJson(text);
    if (raw === undefined || row === undefined || this.#inputRows <= this.#input.lostRows) {
      this.errors.addCorrupt(text ?? '', path);
      return undefined;
    }
    const { problems, row: kept, changed } = this.#input.check(row);
    if (problems.length > 0) {
      this.errors.add(row, problems, path);
      return undefined;
    }
    // A row of a document that spans lines may hold line ends itself, so it is written anew as well.
    return changed || this.#input.isMultiLineJson ? Buffer.from(JSON.stringify(kept)) : withoutReturn(raw);
  }

  async #bytesOf(file: UploadedFile): Promise<AsyncIterable<Buffer>> {
    const bytes = createReadStream(file.location, { highWaterMark: pieceBytes });
    if (!this.#input.readGzip || !(await isGzip(file.location))) return bytes;
    return gunzipped(bytes);
  }

  counts(): IngestionCounts {
    return {
      inputBytes: this.#input.files.reduce((sum, file) => sum + file.bytes, 0),
      outputBytes: this.#outputBytes,
      inputRows: this.#inputRows,
      outputRows: this.#outputRows,
      failedRows: this.#inputRows - this.#outputRows,
      codes: this.errors.codes,
    };
  }
}

/** A broken stream ends in an error of the whole batch, as a broken file does. */
async function* gunzipped(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: pieceBytes });
  const fed = pipeline(bytes, gunzip);
  fed.catch(() => undefined);
  for await (const piece of gunzip) yield piece;
  await fed;
}

function withoutReturn(raw: Buffer): Buffer {
  return raw.at(-1) === 0x0d ? raw.subarray(0, -1) : raw;
}

async function isGzip(location: string): Promise<boolean> {
  const handle = await open(location);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
