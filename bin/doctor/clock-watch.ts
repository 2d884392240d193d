import { type Outcome, passed, skipped, warned } from './check.ts';

/** AWS and IMS refuse what is signed minutes away from their own time. */
const mostSkewMs = 60_000;

/** Compares this machine's clock with the `Date` of vendors' answers. */
export function createClockWatch(clock: () => number) {
  const skews: number[] = [];
  return {
    take(headers: Readonly<Record<string, string | string[] | undefined>>): void {
      const { date } = headers;
      const theirs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
      if (!Number.isNaN(theirs)) skews.push(clock() - theirs);
    },
    outcome(): Outcome {
      const sorted = skews.toSorted((one, other) => one - other);
      const median = sorted[Math.floor(sorted.length / 2)];
      if (median === undefined) return skipped('no answer told the time');
      const seconds = Math.round(Math.abs(median) / 1000);
      if (Math.abs(median) <= mostSkewMs) return passed(`within ${Math.max(1, seconds)} s of the vendors'`);
      const side = median > 0 ? 'ahead of' : 'behind';
      return warned(`this machine is ${seconds} s ${side} the vendors`, 'set its clock; have it kept by NTP');
    },
  };
}
