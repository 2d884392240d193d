import { setTimeout as sleep } from 'node:timers/promises';
import { InvocationError } from './execution-environment.ts';

/** Lambda begins with a second and then waits longer and longer; here somebody looks on. */
const throttlePauseMs = 250;
/** After the first failure and after the second. In Lambda a minute and two. */
const retryPausesMs = [250, 500] as const;
/** Lambda's own, for an event that nobody waits for. */
const maxEventAgeMs = 6 * 60 * 60_000;

/**
 * Invokes a function as soon as there is room for it.
 *
 * @param untilMs how long Lambda would go on trying.
 * @throws {InvocationError} the last refusal, or `stopped` when the host ends before there is room.
 */
export async function invokeOnceThereIsRoom(
  invoke: () => Promise<unknown>,
  untilMs: number,
  stopping: AbortSignal,
): Promise<unknown> {
  for (;;) {
    try {
      return await invoke();
    } catch (error) {
      const isRefused = error instanceof InvocationError && error.failure === 'throttled';
      if (!isRefused || Date.now() >= untilMs) throw error;
    }
    await pause(throttlePauseMs, stopping);
  }
}

export interface EventInvocation {
  readonly invoke: () => Promise<unknown>;
  /** Called after each failure. */
  readonly onFailure: (error: InvocationError) => void;
  /** Called after the last failure. */
  readonly giveUp: (error: InvocationError) => Promise<void>;
  readonly stopping: AbortSignal;
}

/**
 * Invokes a function as Lambda does for an event that nobody waits for, such as a schedule's: twice more after a
 * failure, then the event is given up.
 *
 * @throws {InvocationError} the last failure.
 */
export async function invokeByEvent({ invoke, onFailure, giveUp, stopping }: EventInvocation) {
  const untilMs = Date.now() + maxEventAgeMs;
  for (let failures = 0; ; failures += 1) {
    try {
      return await invokeOnceThereIsRoom(invoke, untilMs, stopping);
    } catch (error) {
      // Ended by the host itself: that is nobody's failure.
      if (!(error instanceof InvocationError) || error.failure === 'stopped') throw error;
      onFailure(error);
      const pauseMs = retryPausesMs[failures];
      if (pauseMs === undefined || error.failure === 'throttled') {
        await giveUp(error);
        throw error;
      }
      await pause(pauseMs, stopping);
    }
  }
}

async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stopping }).catch(() => {
    throw new InvocationError('stopped', 'the host ends');
  });
}
