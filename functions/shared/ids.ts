import { randomBytes } from 'node:crypto';

/**
 * An id that sorts by time and is unique even when two are made in one millisecond.
 *
 * @example 20260309T033000123Z-1f2e3d4c
 */
export function timeSortedId(nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:.]/g, '');
  // Four random bytes: two runs of one window in the same millisecond collide once in four thousand million.
  return `${stamp}-${randomBytes(4).toString('hex')}`;
}
