/**
 * Lets parts be written where they will lie in the object, so that completing an upload need not copy them: a part's place
 * is its number times the size of the first one that came, which is how every uploader cuts. What does not fit
 * this gets a file of its own. Known in memory only: after a restart parts go to files of their own.
 */
export interface PartAssembly {
  /** A new upload, whose file is still empty. */
  open(uploadId: string): void;
  /** Where the part is to be written; undefined when it needs a file of its own. A number is given out once. */
  claim(uploadId: string, number: number, bytes: number): number | undefined;
  /** The part that claimed a place was written, or failed. */
  release(uploadId: string, number: number): void;
  /** Gives out no more places. @returns whether nobody is writing to those given out. */
  seal(uploadId: string): boolean;
  close(uploadId: string): void;
}

interface Assembly {
  slotBytes: number;
  sealed: boolean;
  readonly claimed: Set<number>;
  readonly writing: Set<number>;
}

/** No uploads. */
export function createPartAssembly(): PartAssembly {
  const assemblies = new Map<string, Assembly>();
  return {
    open: (uploadId) =>
      void assemblies.set(uploadId, { slotBytes: 0, sealed: false, claimed: new Set(), writing: new Set() }),
    claim(uploadId, number, bytes) {
      const assembly = assemblies.get(uploadId);
      if (assembly === undefined || assembly.sealed || assembly.claimed.has(number)) return undefined;
      if (assembly.slotBytes === 0) assembly.slotBytes = bytes;
      if (bytes > assembly.slotBytes) return undefined;
      assembly.claimed.add(number);
      assembly.writing.add(number);
      return (number - 1) * assembly.slotBytes;
    },
    release: (uploadId, number) => void assemblies.get(uploadId)?.writing.delete(number),
    seal(uploadId) {
      const assembly = assemblies.get(uploadId);
      if (assembly === undefined) return false;
      assembly.sealed = true;
      return assembly.writing.size === 0;
    },
    close: (uploadId) => void assemblies.delete(uploadId),
  };
}
