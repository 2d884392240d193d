import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackage } from '../../install-package.ts';
import { defaultMappingSql } from './duckdb-sql.ts';
import type { Absent, Peer } from './peer.ts';

const dependency = { name: '@duckdb/node-api', version: '1.5.6-r.1' } as const;

/** Installs DuckDB into the folder. */
export function installDuckDb(folder: string): Peer | Absent {
  const installed = installPackage(folder, dependency.name, dependency.version);
  if (installed === undefined) return { name: 'DuckDB', reason: `npm could not install ${dependency.name}` };
  const program = join(installed.home, 'duckdb.mjs');
  copyFileSync(fileURLToPath(new URL('duckdb.mjs', import.meta.url)), program);
  const statement = join(installed.home, 'statement.sql');
  return {
    name: `DuckDB ${installed.version}`,
    command(parts, output) {
      writeFileSync(statement, defaultMappingSql(parts, output));
      return [process.execPath, program, statement];
    },
  };
}
