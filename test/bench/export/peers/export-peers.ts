import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackage } from '../../install-package.ts';
import type { Absent } from '../../mapping/peers/peer.ts';
import { streamSizes } from '../protocol.ts';

/** Another tool that fetches the same export and gzips it. */
export interface ExportPeer {
  readonly name: string;
  /** A command of the shell's, which throws away what it makes. */
  command(url: string): string;
}

const gzip = `gzip -${streamSizes.gzipLevel}`;
const dependency = { name: 'mixpanel-import', version: '3.1.43' } as const;

/** What one types by hand: neither of the two looks at what it passes on. */
export function findCurl(): ExportPeer | Absent {
  const [curl, zip] = ['curl', 'gzip'].map((tool) => spawnSync(tool, ['--version'], { encoding: 'utf8' }));
  if (curl?.status !== 0 || zip?.status !== 0)
    return { name: 'curl | gzip', reason: 'there is no curl, or no gzip, here' };
  const version = curl.stdout.split(' ').slice(0, 2).join(' ');
  return {
    name: `${version} | gzip`,
    command: (url) => `curl --silent --show-error --fail --compressed '${url}' | ${gzip} > /dev/null`,
  };
}

/**
 * Installs `mixpanel-import` into the folder. It is asked for its own export stream, which writes what comes into a file,
 * reads that once more to count its lines, and does not zip: gzip follows.
 */
export function installMixpanelImport(folder: string): ExportPeer | Absent {
  const { name } = dependency;
  const installed = installPackage(folder, name, dependency.version);
  if (installed === undefined) return { name, reason: `npm could not install ${name}` };
  const program = join(installed.home, 'mixpanel-import.cjs');
  copyFileSync(fileURLToPath(new URL('mixpanel-import.cjs', import.meta.url)), program);
  const file = join(installed.home, 'export.ndjson');
  return {
    name: `${name} ${installed.version}, then gzip`,
    command: (url) =>
      `'${process.execPath}' '${program}' '${url}' '${file}' > /dev/null && ${gzip} -c '${file}' > /dev/null`,
  };
}
