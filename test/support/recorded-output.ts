import type { CommandOutput } from '../../bin/operator/command-output.ts';
import { createPaint } from '../../bin/operator/paint.ts';

/** What a command writes, as a pipe gets it. */
export function recordOutput() {
  const written: string[] = [];
  const noted: string[] = [];
  const output: CommandOutput = {
    write: (text) => void written.push(text),
    note: (text) => void noted.push(text),
    isTerminal: false,
    paint: createPaint(false, {}),
  };
  return {
    output,
    text: () => written.join(''),
    notes: () => noted.join(''),
    json: (): unknown => JSON.parse(written.join('')),
  };
}
