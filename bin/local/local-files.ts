import { join } from 'node:path';

/** What runs in a data directory, with the addresses of its simulators. */
export function localConfigFile(dataDir: string): string {
  return join(dataDir, 'connector.config.json');
}

/** Its stack's outputs, in the form of `cdk deploy --outputs-file`. */
export function localOutputsFile(dataDir: string): string {
  return join(dataDir, 'outputs.json');
}
