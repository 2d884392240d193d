import type { ChildProcess } from 'node:child_process';

const children = new Set<ChildProcess>();

/**
 * Ends a process together with the host, also when the host exits in a hurry. A host that is killed can't do so:
 * then the process notices by its closed channel.
 */
export function endWithHost(child: ChildProcess): void {
  if (children.size === 0) process.on('exit', killAll);
  children.add(child);
  child.once('close', () => {
    children.delete(child);
    if (children.size === 0) process.off('exit', killAll);
  });
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}
