/** Lines of one part by their number, 0 for the first. One bit each: 8 KB for a part of 65,000 lines. */
export interface LineSet {
  readonly count: number;
  has(line: number): boolean;
  /** Line numbers, ascending. */
  [Symbol.iterator](): IterableIterator<number>;
}

export interface MutableLineSet extends LineSet {
  add(line: number): void;
}

/**
 * @param lines how many lines the part has.
 */
export function createLineSet(lines: number): MutableLineSet {
  const bits = new Uint8Array(Math.ceil(lines / 8));
  let count = 0;
  const has = (line: number) => ((bits[line >> 3] ?? 0) & (1 << (line & 7))) !== 0;
  return {
    get count() {
      return count;
    },
    has,
    add(line) {
      if (!Number.isInteger(line) || line < 0 || line >= lines) {
        throw new RangeError(`a part of ${lines} lines has no line ${line}`);
      }
      if (has(line)) return;
      bits[line >> 3] = (bits[line >> 3] ?? 0) | (1 << (line & 7));
      count += 1;
    },
    *[Symbol.iterator]() {
      for (let line = 0; line < lines; line += 1) {
        // Most parts have few duplicates: eight lines at a time are passed over.
        if (bits[line >> 3] === 0) line |= 7;
        else if (has(line)) yield line;
      }
    },
  };
}
