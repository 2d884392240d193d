import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as z from 'zod';

/** A command with all that it started, from its beginning to its end. */
export interface WholeCommand {
  readonly wallSeconds: number;
  /** Of the command and of every process that it has waited for. */
  readonly cpuSeconds: number;
}

const exitSchema = z.tuple([z.int().nullable()]).rest(z.unknown());
/** The second line of `times`: user and system time of the shell's children, and of theirs. */
const timesLine = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/;

/**
 * Runs a command of the shell's, which must not write to its standard output.
 *
 * @throws when it fails.
 */
export async function runWhole(command: string): Promise<WholeCommand> {
  const start = process.hrtime.bigint();
  const child = spawn('sh', ['-c', `( ${command} ) || exit 1; times`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [status] = exitSchema.parse(await once(child, 'close'));
  const wallSeconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (status !== 0) throw new Error(`a command ended with ${status}: ${command}`);
  const [, ...times] = timesLine.exec(output.trim().split('\n').at(-1) ?? '') ?? [];
  const [userMinutes = 0, userSeconds = 0, systemMinutes = 0, systemSeconds = 0] = times.map(Number);
  return { wallSeconds, cpuSeconds: (userMinutes + systemMinutes) * 60 + userSeconds + systemSeconds };
}
