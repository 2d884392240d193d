import { CommanderError } from 'commander';
import { ConfigError, ConnectorError, describeError } from '../functions/shared/errors.ts';

/** What every command's exit code says. */
export const exitCodes = {
  done: 0,
  workFailed: 1,
  badRequest: 2,
  /** 128 + SIGINT, as a shell says of any program that Ctrl-C ended. */
  interrupted: 130,
} as const;

/**
 * Tells the user, on standard error, what went wrong, and gives the exit code for it. A request or configuration
 * that is wrong gets its message alone: the user can mend it, and a stack trace would hide how.
 */
export function reportFailure(error: unknown, write: (text: string) => void): number {
  if (error instanceof CommanderError) {
    // Commander has written its message itself; help that was asked for is no failure.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.badRequest;
  }
  if (error instanceof ConfigError) {
    write(`connector: ${error.message}\n`);
    return exitCodes.badRequest;
  }
  write(`connector: ${describeError(error)}\n`);
  const expected = error instanceof ConnectorError;
  if (!expected && error instanceof Error && process.env.CONNECTOR_DEBUG === '1') write(`${error.stack}\n`);
  else if (!expected) write('This was not expected; CONNECTOR_DEBUG=1 shows where it happened.\n');
  return exitCodes.workFailed;
}
