import { type FileHandle, open } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { ConfigError, TerminalError } from '../../functions/shared/errors.ts';
import { what } from './preview-options.ts';

/** Where a preview reads and writes what it isn't told otherwise. */
export interface PreviewStreams {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable;
  readonly notices: (text: string) => void;
  /** Whether a person looks at the output, on what obeys control characters. @default false */
  readonly isTerminal?: boolean;
}

/**
 * Opens the records to read.
 *
 * @param file `-` is standard input.
 * @throws {ConfigError} when there is no such file that can be read.
 */
export async function openInput(file: string, { input, notices }: PreviewStreams): Promise<Readable> {
  if (file === '-') {
    if (input.isTTY === true)
      notices('Reading records from the keyboard, one in a line; Ctrl-D ends them.\n');
    return input;
  }
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    if (!(await handle.stat()).isDirectory()) return handle.createReadStream();
  } catch (cause) {
    throw new ConfigError(what, [inputProblem(file)], { cause });
  }
  await handle.close();
  throw new ConfigError(what, [inputProblem(file)]);
}

function inputProblem(file: string): string {
  return `--input: found ${JSON.stringify(file)}; must be a file that can be read, or - for standard input`;
}

/** Whether writing failed because nobody reads any more. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** What the system or gunzip say is the input's fault and not unexpected, so it is told without a trace. */
export function inputFailure(cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const isInputs = /^(E(?!RR_)[A-Z]+|Z_[A-Z_]+)$/.test(code);
  return isInputs ? new TerminalError('input_unreadable', 'reading the input', { cause }) : cause;
}
