import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { ConfigError } from '../../functions/shared/errors.ts';
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts';

const identitySchema = z.object({ pid: z.int().positive(), startedAt: z.string() });
const lockSchema = z.object({
  host: identitySchema,
  servers: z.array(identitySchema),
  awsUrl: z.url().optional(),
});
type Lock = z.output<typeof lockSchema>;

export interface DataLock {
  /**
   * Notes the servers' processes: whoever takes over from a killed host waits for their end.
   *
   * @param awsUrl the embedded AWS, where others may use it while the host runs.
   */
  noteServers(servers: readonly { readonly pid: number }[], awsUrl?: string): void;
  release(): void;
}

/** The servers of a killed host end by themselves as soon as they notice; after this they are ended. */
const takeOverMs = 5000;

/**
 * Makes sure that one host at a time works on a data directory, and that nothing of a killed one still does.
 *
 * @throws {ConfigError} while another host runs on it.
 */
export async function lockData(dir: string): Promise<DataLock> {
  const lock = await tryToLockData(dir);
  if (lock !== undefined) return lock;
  const holder = readLock(lockFile(dir))?.host.pid;
  throw new ConfigError(`opening the data directory ${dir}`, [
    `another connector${holder === undefined ? '' : ` (process ${holder})`} works there; end it, or give another --data`,
  ]);
}

/** The same. @returns undefined while another host runs there. */
export async function tryToLockData(dir: string): Promise<DataLock | undefined> {
  const file = lockFile(dir);
  const host = identify(process.pid);
  if (host === undefined) throw new Error('the system does not show this process');
  while (!tryToWrite(file, { host, servers: [] })) {
    const lock = readLock(file);
    if (lock !== undefined && isRunning(lock.host)) return undefined;
    // Two hosts may find the same stale lock; only one of them can move it away.
    const moved = `${file}.${process.pid}`;
    try {
      renameSync(file, moved);
    } catch {
      continue;
    }
    rmSync(moved);
    for (const server of lock?.servers ?? []) await waitForEnd(server);
  }
  return {
    noteServers(noted, awsUrl) {
      const servers = noted.flatMap(({ pid }) => identify(pid) ?? []);
      writeWhole(file, { host, servers, ...(awsUrl === undefined ? {} : { awsUrl }) });
    },
    release: () => rmSync(file, { force: true }),
  };
}

/** The embedded AWS of the local connector that works on a data directory now, once that has started. */
export function sharedAwsUrl(dir: string): string | undefined {
  const lock = readLock(lockFile(dir));
  return lock !== undefined && isRunning(lock.host) ? lock.awsUrl : undefined;
}

function lockFile(dir: string): string {
  return join(dir, 'host.lock');
}

/** @returns false when there is a lock. A link, unlike a write, never shows half a file. */
function tryToWrite(file: string, lock: Lock): boolean {
  const own = `${file}.${process.pid}.new`;
  writeFileSync(own, JSON.stringify(lock));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own);
  }
}

function writeWhole(file: string, lock: Lock): void {
  const own = `${file}.${process.pid}.new`;
  writeFileSync(own, JSON.stringify(lock));
  renameSync(own, file);
}

function readLock(file: string): Lock | undefined {
  try {
    return lockSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function waitForEnd(server: ProcessIdentity): Promise<void> {
  const deadline = Date.now() + takeOverMs;
  while (isRunning(server) && Date.now() < deadline) await sleep(50);
  if (isRunning(server)) process.kill(server.pid, 'SIGKILL');
  while (isRunning(server)) await sleep(20);
}
