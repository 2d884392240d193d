import { setTimeout as sleep } from 'node:timers/promises';

const minute = 60_000;
/** A file that works with the newest window takes less than this. */
const beforeMidnight = 5 * minute;
/** The simulator's phones send what happened up to ten minutes ago. */
const afterMidnight = 11 * minute;

/**
 * Waits until the newest day is whole and stays the newest for a while: around midnight in UTC it is neither, with the simulator as with
 * Mixpanel. To be awaited by a test file that lets the connector choose the day by the clock, before it looks at the clock itself.
 */
export async function settledDay(): Promise<void> {
  const sinceBegin = (Date.now() + beforeMidnight) % (24 * 60 * minute);
  const left = beforeMidnight + afterMidnight - sinceBegin;
  if (left > 0) await sleep(left);
}
