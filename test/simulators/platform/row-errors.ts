import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from './json.ts';
import type { RowProblem } from './row-check.ts';

/** Rows per diagnostics file, so that one stays small enough to be read within Data Access's 60 seconds. */
const rowsPerFile = 1000;

/** In the row's own file the code of an unreadable row is short, in the batch's list it is long. */
const corruptRowCode = '1401';
const corruptBatchCode = 'INGEST-1401-400';

/** Longest excerpt of a line that could not be read. */
const maxCorruptText = 4096;

/** Keeps refused rows, with their reasons, in files of which diagnostics are made. */
export class RowErrorWriter {
  readonly #folder: string;
  readonly codes = new Map<string, number>();
  #waiting: string[] = [];
  #written = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A row that is JSON, but not of the schema. */
  add(row: unknown, problems: readonly RowProblem[], filename: string): void {
    for (const code of new Set(problems.map((found) => found.code))) this.#count(code);
    const errors = problems.map(({ code, path, message }) => ({ code, message: `${path}: ${message}` }));
    this.#waiting.push(
      JSON.stringify({ ...(isObject(row) ? row : { _row: row }), _errors: errors, _filename: filename }),
    );
  }

  /** A row that is not JSON, or is lost for another reason. */
  addCorrupt(text: string, filename: string): void {
    this.#count(corruptBatchCode);
    const errors = [{ code: corruptRowCode, message: 'the row is corrupt and cannot be read' }];
    const excerpt = text.slice(0, maxCorruptText);
    this.#waiting.push(JSON.stringify({ _corrupt_record: excerpt, _errors: errors, _filename: filename }));
  }

  /** Writes what has come together. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const room = rowsPerFile - (this.#written % rowsPerFile);
      const rows = this.#waiting.splice(0, room);
      const name = `conversion_errors_${Math.floor(this.#written / rowsPerFile)}.json`;
      await appendFile(join(this.#folder, name), `${rows.join('\n')}\n`);
      this.#written += rows.length;
    }
  }

  #count(code: string): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
  }
}
