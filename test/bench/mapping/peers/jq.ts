import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { banned, eventTypes, mapped } from '../hand-written-mapping.ts';
import { runRef, settings } from '../settings.ts';
import type { Absent, Peer } from './peer.ts';

const program = fileURLToPath(new URL('default-mapping.jq', import.meta.url));
const marked = (names: Iterable<string>) => Object.fromEntries([...names].map((name) => [name, true]));

/** The jq of this machine. */
export function findJq(folder: string): Peer | Absent {
  const version = spawnSync('jq', ['--version'], { encoding: 'utf8' });
  if (version.status !== 0)
    return { name: 'jq', reason: 'there is no jq here (its package is called "jq" too)' };
  const tables = {
    eventTypes: Object.fromEntries(eventTypes),
    mapped: marked(mapped),
    banned: marked(banned),
  };
  const { date, run, source } = runRef;
  const origin = { source, projectId: settings.mixpanel.projectId, date, run };
  const script = join(folder, 'jq.sh');
  // The shell puts gunzip beside jq, as one would by hand; both stay on the processor that the shell is on.
  writeFileSync(
    script,
    `output=$1; shift; gunzip -c "$@" | jq -c --argjson tables '${shellText(tables)}' --argjson origin '${shellText(origin)}' -f '${program}' > "$output"\n`,
  );
  return { name: version.stdout.trim(), command: (parts, output) => ['sh', script, output, ...parts] };
}

function shellText(value: unknown): string {
  return JSON.stringify(value).replaceAll("'", "'\\''");
}
