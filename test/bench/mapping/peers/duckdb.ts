import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { parseJsonWith } from '../../../../functions/shared/parse.ts';
import { defaultMappingSql } from './duckdb-sql.ts';
import type { Absent, Peer } from './peer.ts';

/** Its binary has 70 MB: too much for everybody who only runs the tests. */
const dependency = '@duckdb/node-api@1.5.6-r.1';
const packageSchema = z.object({ version: z.string() });

/** Installs DuckDB into the folder. */
export function installDuckDb(folder: string): Peer | Absent {
  const home = join(folder, 'duckdb');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', dependency], {
    cwd: home,
    encoding: 'utf8',
  });
  if (npm.status !== 0) return { name: 'DuckDB', reason: `npm could not install ${dependency}` };
  const program = join(home, 'duckdb.mjs');
  copyFileSync(fileURLToPath(new URL('duckdb.mjs', import.meta.url)), program);
  const manifest = readFileSync(join(home, 'node_modules/@duckdb/node-api/package.json'), 'utf8');
  const { version } = parseJsonWith(packageSchema, manifest, 'reading the version of DuckDB');
  const statement = join(home, 'statement.sql');
  return {
    name: `DuckDB ${version}`,
    command(parts, output) {
      writeFileSync(statement, defaultMappingSql(parts, output));
      return [process.execPath, program, statement];
    },
  };
}
