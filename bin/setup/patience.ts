import { DeferredError, RetryableError } from '../../functions/shared/errors.ts';
import type { ProgressLine } from '../operator/progress-line.ts';

/** A fault that lasts longer than these pauses together is one for a person to look at. */
const pausesMs = [1000, 3000, 9000, 27_000];
/** The longest that a person is kept waiting because Platform asks for it. */
const longestPauseMs = 120_000;

/** Waits; a test passes over it. */
export type Pause = (ms: number) => Promise<void>;

/** So long the progress line stands still. */
const tickMs = 1000;

/** Waits, and shows for how long yet. */
export function shownPause(progress: ProgressLine, pause: Pause): Pause {
  const seconds = (ms: number) => Math.ceil(ms / 1000);
  return async (ms) => {
    for (let passedMs = 0; passedMs < ms; passedMs += tickMs) {
      progress.bar(seconds(passedMs), seconds(ms), 'seconds until Platform is asked again');
      await pause(Math.min(tickMs, ms - passedMs));
    }
    progress.clear();
  };
}

/**
 * Does it again after faults that pass. The act has to be safe to repeat: what failed may have been done.
 *
 * @throws what the act throws last.
 */
export async function withPatience<Result>(pause: Pause, act: () => Promise<Result>): Promise<Result> {
  for (const pauseMs of pausesMs) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof DeferredError) await pause(Math.min(error.delayMs, longestPauseMs));
      else if (error instanceof RetryableError)
        await pause(Math.min(error.retryAfterMs ?? pauseMs, longestPauseMs));
      else throw error;
    }
  }
  return act();
}
