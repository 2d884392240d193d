/** Counts texts in bounded memory: of texts that come when the room is used up, only their number is known. */
export interface Tally {
  add(text: string): void;
  /** Most frequent first. */
  entries(): [text: string, count: number][];
  /** How often a text came that found no room. */
  readonly others: number;
}

/** @param room different texts at most: more than anybody reads, and far below what would fill the memory. */
export function createTally(room = 2_000): Tally {
  const counts = new Map<string, number>();
  let others = 0;
  return {
    add(text) {
      const count = counts.get(text);
      if (count === undefined && counts.size >= room) others += 1;
      else counts.set(text, (count ?? 0) + 1);
    },
    entries: () => [...counts].sort((a, b) => b[1] - a[1]),
    get others() {
      return others;
    },
  };
}
