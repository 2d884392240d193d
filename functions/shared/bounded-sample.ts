/** A sample of a stream of numbers in fixed memory. */
export interface BoundedSample {
  add(value: number): void;
  /** What the sample holds, ascending. */
  values(): number[];
  /** The sample's median (of two middle values the lower), or null without values. */
  median(): number | null;
}

/**
 * Keeps every n-th value, n doubling whenever the room is used up: the sample is spread evenly over all that was
 * added, and the same input gives the same sample, which a random one would not.
 *
 * @param size values kept at most, an even number; at least half as many once that many were added.
 */
export function createBoundedSample(size: number): BoundedSample {
  let kept: number[] = [];
  let stride = 1;
  let seen = 0;
  const values = () => kept.toSorted((a, b) => a - b);
  return {
    add(value) {
      if (seen % stride === 0) {
        if (kept.length >= size) {
          kept = kept.filter((_, index) => index % 2 === 0);
          stride *= 2;
        }
        // With an even size, the value that finds no room is one that the wider stride keeps as well.
        kept.push(value);
      }
      seen += 1;
    },
    values,
    median() {
      const sorted = values();
      return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
    },
  };
}
