/** Median, lowest and highest of some figures. */
export function spread(figures: readonly number[], digits: number): string {
  const sorted = [...figures].sort((a, b) => a - b);
  const text = (index: number) => (sorted[index] ?? Number.NaN).toFixed(digits);
  return `${text(Math.floor(sorted.length / 2))} (${text(0)} to ${text(sorted.length - 1)})`;
}
