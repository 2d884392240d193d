import type { CommandOutput } from '../../bin/operator/command-output.ts';
import { createPaint } from '../../bin/operator/paint.ts';

/** What a command writes, as a pipe gets it or, if there is to be one, a terminal of 80 columns. */
export function recordOutput({ onTerminal = false } = {}) {
  const written: string[] = [];
  const noted: string[] = [];
  const progress: string[] = [];
  const output: CommandOutput = {
    write: (text) => void written.push(text),
    note: (text) => void noted.push(text),
    isTerminal: onTerminal,
    screen: onTerminal ? { write: (text) => void progress.push(text), columns: () => 80 } : undefined,
    paint: createPaint(false, {}),
  };
  return {
    output,
    text: () => written.join(''),
    notes: () => noted.join(''),
    /** What the line of progress showed, one after the other; empty where it was taken off. */
    progress: () => progress.map((text) => text.replace('\r\u001b[K', '')),
    json: (): unknown => JSON.parse(written.join('')),
  };
}
