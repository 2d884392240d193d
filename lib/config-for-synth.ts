import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { configFile, defaultConfigFile, projectRoot } from './config.ts';

/**
 * The configuration file to build the stack from. In a fresh clone, where nobody has named or written one, that is
 * the example: its stack can be looked at, and refuses to be deployed.
 *
 * @param named what `cdk -c config=FILE` names.
 */
export function configFileForSynth(named: unknown, note: (text: string) => void): string {
  const file = configFile(typeof named === 'string' ? named : undefined);
  if (file !== defaultConfigFile || existsSync(file)) return file;
  note(
    `note: there is no ${defaultConfigFile}; building the stack of connector.config.example.json, which can't be deployed`,
  );
  return join(projectRoot, 'connector.config.example.json');
}
