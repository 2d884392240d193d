import { readPrices } from '../../bin/estimate/prices.ts';
import { memoryGb } from '../../bin/estimate/work-cost.ts';
import { spread } from './figures.ts';

export const million = 1_000_000;

/** What a million events cost on Lambda, by the CPU seconds that they took here: its one vCPU is taken to be as fast. */
export function lambdaCost(secondsPerMillion: readonly number[]): string {
  const { lambdaGbSecond, asOf, region } = readPrices();
  const usd = secondsPerMillion.map((seconds) => seconds * memoryGb * lambdaGbSecond);
  return `a million events: CPU s ${spread(secondsPerMillion, 1)}; on Lambda with one vCPU USD ${spread(usd, 5)} (${region}, ${asOf})`;
}
