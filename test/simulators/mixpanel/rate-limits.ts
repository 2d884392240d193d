/** What Mixpanel publishes (docs, reference/rate-limits): per project, together for all its clients. */
export interface RateLimits {
  readonly hourly: number;
  readonly perSecond: number;
  readonly concurrent: number;
}

/** Why a query may not run now. */
export interface RateBreach {
  readonly message: string;
  /** Until the next query can pass, by the limits' own clock. */
  readonly waitMs: number;
}

const hourMs = 3_600_000;
const secondMs = 1000;

/** Counts one project's queries over a rolling hour and second. Refused queries use up nothing. */
export class ProjectRate {
  readonly #projectId: number;
  readonly #limits: RateLimits;
  readonly #clock: () => number;
  #startedAtMs: number[] = [];
  #running = 0;
  #maxRunning = 0;

  constructor(projectId: number, limits: RateLimits, clock: () => number) {
    this.#projectId = projectId;
    this.#limits = limits;
    this.#clock = clock;
  }

  get maxRunning(): number {
    return this.#maxRunning;
  }

  get running(): number {
    return this.#running;
  }

  /** Takes a place for one query. @returns why not, or undefined; then {@link finish} must follow. */
  start(): RateBreach | undefined {
    const now = this.#clock();
    this.#startedAtMs = this.#startedAtMs.filter((startedMs) => startedMs > now - hourMs);
    const breach = this.#breachAt(now);
    if (breach !== undefined) return breach;
    this.#startedAtMs.push(now);
    this.#running += 1;
    this.#maxRunning = Math.max(this.#maxRunning, this.#running);
    return undefined;
  }

  finish(): void {
    this.#running -= 1;
  }

  #breachAt(now: number): RateBreach | undefined {
    const { hourly, perSecond, concurrent } = this.#limits;
    if (this.#running >= concurrent) {
      return { message: 'too many export requests in progress for this project', waitMs: 10 * secondMs };
    }
    const oldestOfHour = this.#startedAtMs.at(-hourly);
    if (oldestOfHour !== undefined) {
      const queries = `${this.#running}/${concurrent} queries running concurrently and ${hourly + 1}/${hourly} queries`;
      const message = `Query rate limit exceeded for project_id: ${this.#projectId}. ${queries} running in the last hour.`;
      return { message, waitMs: oldestOfHour + hourMs - now };
    }
    const oldestOfSecond = this.#startedAtMs.at(-perSecond);
    if (oldestOfSecond !== undefined && oldestOfSecond > now - secondMs) {
      return { message: 'rate limit reached', waitMs: oldestOfSecond + secondMs - now };
    }
    return undefined;
  }
}

/** A clock that runs faster than the one given, from now on. */
export function fastClock(clock: () => number, speed: number): () => number {
  const start = clock();
  return () => start + (clock() - start) * speed;
}
