import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type DigestCache, digestEntriesSchema } from '../../functions/shared/known-windows.ts';

/** Changes with the digest's form: what another version wrote is read anew. */
const version = 2;

/**
 * Digests in a file of the user's cache folder. It holds nothing that the bucket does not say: the listing's ETags
 * decide which of them still count, and without the file everything is read once more.
 *
 * @param place what tells one connector's source from another's.
 */
export function createDigestCache(place: readonly string[], variables: NodeJS.ProcessEnv): DigestCache {
  const folder = join(variables.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mixpanel-source-connector');
  const name = createHash('sha256')
    .update(JSON.stringify([version, ...place]))
    .digest('hex')
    .slice(0, 16);
  const file = join(folder, `windows-${name}.json`);
  return {
    read() {
      try {
        return digestEntriesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
      } catch {
        return {};
      }
    },
    write(entries) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const own = `${file}.${process.pid}`;
        writeFileSync(own, JSON.stringify(entries), { mode: 0o600 });
        renameSync(own, file);
      } catch {
        // A home that can't be written costs the next call its requests, and nothing else.
      }
    },
  };
}
