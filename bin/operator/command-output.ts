import { createPaint, type Paint } from './paint.ts';
import { printable } from './printable.ts';

/** Where a command writes its result. */
export interface CommandOutput {
  readonly write: (text: string) => void;
  /** What is no part of the result: notes, progress. Standard error, so that a pipe gets the result alone. */
  readonly note: (text: string) => void;
  readonly isTerminal: boolean;
  readonly paint: Paint;
}

/** Standard output, with colours on a terminal. */
export function standardOutput(): CommandOutput {
  const isTerminal = process.stdout.isTTY === true;
  return {
    write: (text) => void process.stdout.write(isTerminal ? printable(text) : text),
    note: (text) => void process.stderr.write(process.stderr.isTTY === true ? printable(text) : text),
    isTerminal,
    paint: createPaint(isTerminal, process.env),
  };
}

/** One line for programs. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
