import type { Rejection } from '../shared/mapping/index.ts';

/** A line of a run: its part, and its number in it from 0. */
export interface LinePosition {
  readonly part: number;
  readonly line: number;
}

/** Keeps a line that was not taken, with the reason. */
export type Refuse = (line: Buffer, rejection: Rejection) => Promise<void>;

/** Where the rows of an upload go: into the files of a batch, or as messages into an inlet. */
export interface RowSink {
  /** Files or requests that are with Platform. */
  readonly count: number;
  /** Bytes of the rows in them. */
  readonly bytes: number;
  /** Larger rows can't be sent; undefined where there is no such limit. */
  readonly maxRowBytes?: number;
  /** Takes the row of that line, without its newline. Returns a promise only where the next row must wait. */
  add(row: string, position: LinePosition, line: Buffer): Promise<void> | undefined;
  /** The part's rows have all been added. Afterwards nothing of it is refused any more. */
  endPart(refuse: Refuse): Promise<void>;
  /** Sends what is left. */
  close(): Promise<void>;
}
