/** Longest pause that a timer takes; longer ones are put together from several. */
const maxTimerMs = 60_000;

interface Sleeper {
  readonly dueAt: number;
  wake(): void;
}

/**
 * The simulator's time: the machine's, plus what a test has added. A jump forward ages tokens and ends the pauses of
 * ingestion at once, so that no test has to wait for either.
 */
export class Clock {
  #offsetMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  /** Milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /** Moves the time forward and wakes everyone whose pause has ended by then. */
  advance(ms: number): void {
    this.#offsetMs += ms;
    for (const sleeper of [...this.#sleepers]) if (sleeper.dueAt <= this.now()) sleeper.wake();
  }

  /** Resolves after that time; rejects when the signal fires first. */
  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const dueAt = this.now() + ms;
    signal.throwIfAborted();
    while (dueAt > this.now()) await this.#pause(dueAt, signal);
  }

  #pause(dueAt: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        this.#sleepers.delete(sleeper);
        settle();
      };
      const sleeper: Sleeper = { dueAt, wake: () => finish(resolve) };
      const abort = () => finish(() => reject(signal.reason));
      const timer = setTimeout(() => finish(resolve), Math.min(maxTimerMs, Math.max(1, dueAt - this.now())));
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', abort);
    });
  }
}
