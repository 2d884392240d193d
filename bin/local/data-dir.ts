import { accessSync, constants, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '../../functions/shared/errors.ts';

/**
 * Creates the data directory where there is none, for this user alone: events and the embedded AWS's secrets lie in it
 * as they are. One that exists keeps the rights that its owner gave it.
 *
 * @throws {ConfigError} when it can't be created, or not be written.
 */
export function createDataDir(dataDir: string): void {
  try {
    makeFolders(resolve(dataDir));
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    readdirSync(dataDir);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new ConfigError('reading the options', [
      `--data: found ${JSON.stringify(dataDir)}; must be a folder that can be written, or that can be created${code}`,
    ]);
  }
}

/** One level at a time: Node's own recursion never ends where the system says that a parent is missing, as in /proc. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
