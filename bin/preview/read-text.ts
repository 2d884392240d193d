import { readFileSync } from 'node:fs';
import { ConfigError } from '../../functions/shared/errors.ts';
import { what } from './preview-options.ts';

/**
 * Reads a file that an option names.
 *
 * @param path where it is, when that is not what the user wrote.
 * @throws {ConfigError} naming the option, when there is no such file that can be read.
 */
export function readOptionFile(option: string, file: string, path: string = file): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      what,
      [`${option}: found ${JSON.stringify(file)}; must be a file that can be read`],
      { cause },
    );
  }
}
