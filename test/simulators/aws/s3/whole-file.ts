import { link, stat } from 'node:fs/promises';
import type { PartRecord } from './part-files.ts';

/** The common file of an upload, in which parts lie where they will lie in the object. */
export const wholeFile = 'whole.body';

/** Bytes of all parts. */
export function totalOf(parts: readonly PartRecord[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0);
}

/** Whether these parts, in this order, are the common file from its first byte on. */
export function isWhole(parts: readonly PartRecord[]): boolean {
  let end = 0;
  return parts.every(({ file, offset, size }) => {
    const fits = file === wholeFile && offset === end;
    end += size;
    return fits;
  });
}

/**
 * Gives a file of exactly so many bytes a second name.
 * @returns whether it was done; a file system without hard links only means that the parts are copied.
 */
export async function linkExact(from: string, to: string, bytes: number): Promise<boolean> {
  if ((await stat(from)).size !== bytes) return false;
  return link(from, to).then(
    () => true,
    () => false,
  );
}
