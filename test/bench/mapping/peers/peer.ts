/** Another tool that is given the same mapping. */
export interface Peer {
  readonly name: string;
  /** The command that reads the parts and writes rows into the file. */
  command(parts: readonly string[], output: string): readonly string[];
}

/** Why a peer can't be measured here. */
export interface Absent {
  readonly name: string;
  readonly reason: string;
}
