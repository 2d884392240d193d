/** What is wrong with one field of a row. Says the path, never the value. */
export interface RowProblem {
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/** How strictly rows are read. Where the documents are silent, the default is the answer that lets less through. */
export interface RowRules {
  /** Batch ingestion converts between types, streaming takes each value as it is. */
  readonly conversion: boolean;
  /** A field that the schema does not have fails the row, or falls away. */
  readonly extraneousFields: 'refuse' | 'drop';
  /** Null, empty text, empty objects and empty lists fail the row, or count as given. */
  readonly emptyValues: 'refuse' | 'accept';
}

/** Error codes of a channel: the batch pipeline and the streaming validator name the same mistakes differently. */
export interface ProblemCodes {
  readonly required: string;
  readonly type: string;
  readonly format: string;
  readonly enumeration: string;
}

/** As seen in failed batches of batch ingestion. */
export const batchCodes: ProblemCodes = {
  required: 'INGEST-1555-400',
  type: 'DCVS-1104-400',
  format: 'DCVS-1105-400',
  enumeration: 'DCVS-1106-400',
};

/** As seen in failed batches of streaming ingestion. */
export const streamingCodes: ProblemCodes = { ...batchCodes, required: 'DCVS-1111-400' };

/** The state of one row's check; made anew for each row. */
export class RowReport {
  readonly problems: RowProblem[] = [];
  /** Whether a value was converted or dropped, so that the row has to be written anew. */
  changed = false;

  add(code: string, path: string, message: string): void {
    // The streaming validator stops after five; more of the same row helps nobody.
    if (this.problems.length < 5) this.problems.push({ code, path, message });
  }
}

/** Checks one value, reports what is wrong, returns the value to keep: itself, or what it was converted to. */
export type ValueCheck = (value: unknown, report: RowReport) => unknown;

/** The name of a JSON value's type, as in the messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'Null';
  if (Array.isArray(value)) return 'JSONArray';
  if (typeof value === 'object') return 'JSONObject';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Long' : 'Double';
  return typeof value === 'string' ? 'String' : 'Boolean';
}
