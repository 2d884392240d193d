import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const stateSchema = z.strictObject({
  pulls: z.record(z.string(), z.strictObject({ pull: z.int(), served: z.array(z.string()) })),
  spentFaults: z.record(z.string(), z.int()),
});

interface DayState {
  pull: number;
  /** Requests of this pull that were served to their end. */
  readonly served: Set<string>;
}

/**
 * Counts the pulls of each day, which late and re-keyed rows depend on. A pull may be many slices: the next one begins
 * when a request that was already served to its end is asked again.
 */
export class Pulls {
  readonly #days = new Map<string, DayState>();
  /** Faults of the random mix that already struck; kept here because it lasts as long. */
  readonly spentFaults = new Map<string, number>();
  readonly #path: string | undefined;

  /** With a folder, goes on from what an earlier server left there. @throws Error when that can't be read. */
  constructor(dataDir: string | undefined) {
    if (dataDir === undefined) return;
    mkdirSync(dataDir, { recursive: true });
    this.#path = join(dataDir, 'mixpanel-simulator.json');
    this.#load(this.#path);
  }

  /** The pull that the day is in. */
  current(projectId: number, day: string): number {
    return this.#day(projectId, day).pull;
  }

  /** Which pull a request belongs to. Requests with a limit are probes and begin none. */
  begin(projectId: number, day: string, request: string): number {
    const state = this.#day(projectId, day);
    if (state.served.has(request)) nextPull(state);
    return state.pull;
  }

  served(projectId: number, days: readonly string[], request: string): void {
    for (const day of days) this.#day(projectId, day).served.add(request);
    this.save();
  }

  /** Begins the day's next pull at once. */
  advance(projectId: number, day: string): void {
    nextPull(this.#day(projectId, day));
    this.save();
  }

  /** Writes through a second name, so that a kill in between leaves the old state. */
  save(): void {
    if (this.#path === undefined) return;
    const pulls = [...this.#days].map(([key, { pull, served }]) => [key, { pull, served: [...served] }]);
    const state = { pulls: Object.fromEntries(pulls), spentFaults: Object.fromEntries(this.spentFaults) };
    writeFileSync(`${this.#path}.new`, JSON.stringify(state));
    renameSync(`${this.#path}.new`, this.#path);
  }

  #load(path: string): void {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      throw error;
    }
    const state = stateSchema.parse(JSON.parse(text));
    for (const [key, { pull, served }] of Object.entries(state.pulls)) {
      this.#days.set(key, { pull, served: new Set(served) });
    }
    for (const [key, spent] of Object.entries(state.spentFaults)) this.spentFaults.set(key, spent);
  }

  #day(projectId: number, day: string): DayState {
    const key = `${projectId} ${day}`;
    const state: DayState = this.#days.get(key) ?? { pull: 1, served: new Set<string>() };
    this.#days.set(key, state);
    return state;
  }
}

function nextPull(state: DayState): void {
  state.pull += 1;
  state.served.clear();
}
