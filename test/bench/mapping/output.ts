import { closeSync, openSync, writeSync } from 'node:fs';

/** Where a measured program puts its rows: into a file, or nowhere. */
export interface Output {
  readonly bytes: number;
  write(piece: Buffer): void;
  close(): void;
}

export function openOutput(file: string | undefined): Output {
  const descriptor = file === undefined ? undefined : openSync(file, 'w');
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    write(piece) {
      bytes += piece.length;
      if (descriptor !== undefined) writeSync(descriptor, piece);
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}
