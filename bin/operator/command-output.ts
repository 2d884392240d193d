import { createPaint, type Paint } from './paint.ts';
import { printable } from './printable.ts';
import type { Screen } from './progress-line.ts';

/** Where a command writes its result. */
export interface CommandOutput {
  readonly write: (text: string) => void;
  /** What is no part of the result. Standard error, so that a pipe gets the result alone. */
  readonly note: (text: string) => void;
  readonly isTerminal: boolean;
  /** Where progress is shown: standard error, where that and the result go to a terminal. */
  readonly screen: Screen | undefined;
  readonly paint: Paint;
}

/** Standard output, with colours on a terminal. */
export function standardOutput(): CommandOutput {
  const isTerminal = process.stdout.isTTY === true;
  return {
    write: (text) => void process.stdout.write(isTerminal ? printable(text) : text),
    note: (text) => void process.stderr.write(process.stderr.isTTY === true ? printable(text) : text),
    isTerminal,
    screen: isTerminal ? screenOf(process.stderr) : undefined,
    paint: createPaint(isTerminal, process.env),
  };
}

/** A dumb terminal knows no way to rewrite a line. */
function screenOf(stream: NodeJS.WriteStream): Screen | undefined {
  if (!stream.isTTY || process.env.TERM === 'dumb') return undefined;
  // A terminal without a size says 0.
  return { write: (text) => void stream.write(text), columns: () => stream.columns || 80 };
}

/** One line for programs. */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}
