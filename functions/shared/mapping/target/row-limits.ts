import type { Rejection } from './rejection.ts';

/** Real-Time Customer Profile drops events above 10 KB, as uncompressed JSON, without failing their batch. */
const maxProfileEventBytes = 10 * 1024;
const dayMs = 86_400_000;

/** Why Profile would drop a row for its size; undefined when it is small enough. */
export function oversize(row: string): Rejection | undefined {
  // UTF-8 takes at most three bytes for each unit of a string's length: most rows need no counting.
  if (row.length * 3 <= maxProfileEventBytes) return undefined;
  const bytes = Buffer.byteLength(row, 'utf8');
  if (bytes <= maxProfileEventBytes) return undefined;
  return {
    path: '',
    reason: `the event has ${bytes} bytes; Profile drops events above ${maxProfileEventBytes}`,
  };
}

/** Why Platform would refuse an event's time, which has to lie in the past. */
export const futureReason = 'the time lies in the future';

/**
 * Whether an instant, as JSON text, lies in the future. Nearly every event is older than yesterday, which a comparison
 * of texts tells in whatever zone the instant is written.
 */
export function createFutureTest(clock: () => number): (instantText: string) => boolean {
  let surelyPast = '"0';
  return (instantText) => {
    // An expanded year begins with a sign, and sorts before all others.
    if (instantText >= '"0' && instantText < surelyPast) return false;
    const nowMs = clock();
    surelyPast = `"${new Date(nowMs - dayMs).toISOString().slice(0, 10)}`;
    return Date.parse(instantText.slice(1, -1)) > nowMs;
  };
}
