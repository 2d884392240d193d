import { arch, cpus, release } from 'node:os';

/** Median, lowest and highest of some figures. */
export function spread(figures: readonly number[], digits: number): string {
  const sorted = [...figures].sort((a, b) => a - b);
  const text = (index: number) => (sorted[index] ?? Number.NaN).toFixed(digits);
  return `${text(Math.floor(sorted.length / 2))} (${text(0)} to ${text(sorted.length - 1)})`;
}

/** What was measured on. */
export function machine(): string {
  const [model] = cpus();
  return `${model?.model ?? 'unknown processor'}, ${cpus().length} logical processors; ${process.platform} ${release()} ${arch()}, node ${process.versions.node}, zlib ${process.versions.zlib}`;
}

/** An option that must be a whole number from 1. @throws Error naming it */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option} must be a whole number from 1`);
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Runs them in turn, each going first as often as the other; one round more than asked only warms up and is left out.
 *
 * @returns what each round gave.
 */
export async function taking<Result>(
  rounds: number,
  turns: { readonly ours: () => Promise<Result>; readonly theirs: () => Promise<Result> },
): Promise<{ readonly ours: Result; readonly theirs: Result }[]> {
  const pairs: { ours: Result; theirs: Result }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const early = round % 2 === 0 ? await turns.theirs() : undefined;
    const ours = await turns.ours();
    const theirs = early ?? (await turns.theirs());
    if (round > 0) pairs.push({ ours, theirs });
  }
  return pairs;
}
