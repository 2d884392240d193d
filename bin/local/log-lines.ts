import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Lambda cuts a log event at 256 KiB; so is a line here, which also bounds what an endless line can hold. */
const maxLineLength = 256 * 1024;

/** Calls `onLine` for each line of a process's output, also for a last one without a newline. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
    if (rest.length > maxLineLength) {
      onLine(rest.slice(0, maxLineLength));
      rest = '';
    }
  };
  stream.on('data', (bytes: Buffer) => take(decoder.write(bytes)));
  stream.on('end', () => take(`${decoder.end()}\n`));
  // A pipe of a killed process may end in an error; what was read until then has been passed on.
  stream.on('error', () => {});
}
