import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { hasCode } from './api-error.ts';

const holderSchema = z.object({ pid: z.int(), started: z.string() });

/** A server whose parent was killed ends within moments; one that stays longer is really in use. */
const defaultPatienceMs = 5_000;
const retryMs = 50;

/** Folders held by this very process: its own id in a lock file says nothing. */
const held = new Set<string>();

/**
 * Keeps two servers from writing into one folder, which would interleave their journals.
 * @param patienceMs how long to wait for the holder to end.
 * @returns the function that gives the folder back.
 * @throws when another live process holds it.
 */
export async function lockDirectory(folder: string, patienceMs = defaultPatienceMs): Promise<() => void> {
  const path = join(resolve(folder), 'server.lock');
  await mkdir(folder, { recursive: true });
  const deadline = Date.now() + patienceMs;
  while (!tryLock(path)) {
    if (Date.now() > deadline)
      throw new Error(
        `opening ${folder}: another embedded AWS is using it; if that is not so, remove ${path}`,
      );
    await sleep(retryMs);
  }
  held.add(path);
  return () => {
    held.delete(path);
    rmSync(path, { force: true });
  };
}

function tryLock(path: string): boolean {
  // Written aside and then linked: nobody ever reads a lock that is half written.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  if (held.has(path) || isHeldElsewhere(path)) return false;
  rmSync(path, { force: true });
  return false;
}

function isHeldElsewhere(path: string): boolean {
  try {
    const holder = holderSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!holder.success || holder.data.pid === process.pid) return false;
    process.kill(holder.data.pid, 0);
    return startOf(holder.data.pid) === holder.data.started;
  } catch (error) {
    // EPERM: the process lives but is somebody else's. Anything else: no such process, or no readable lock.
    return hasCode(error, 'EPERM');
  }
}

/**
 * When a process started, in the kernel's words: the number of a dead process may belong to another one by now.
 * Empty where there is no /proc; then the number alone decides.
 */
function startOf(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ');
    return fields?.[19] ?? '';
  } catch {
    return '';
  }
}
