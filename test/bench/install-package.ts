import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { parseJsonWith } from '../../functions/shared/parse.ts';

const packageSchema = z.object({ version: z.string() });

/** A package of a peer's: too much for everybody who only runs the tests. */
export interface InstalledPackage {
  /** Programs that lie here find it. */
  readonly home: string;
  readonly version: string;
}

/**
 * Installs a package from npm into a folder of its own below this one, without running its scripts.
 *
 * @returns undefined when npm could not.
 */
export function installPackage(folder: string, name: string, version: string): InstalledPackage | undefined {
  const home = join(folder, name.replaceAll('/', '-'));
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`];
  if (spawnSync('npm', args, { cwd: home, encoding: 'utf8' }).status !== 0) return undefined;
  const manifest = readFileSync(join(home, 'node_modules', name, 'package.json'), 'utf8');
  return { home, ...parseJsonWith(packageSchema, manifest, `reading the version of ${name}`) };
}
