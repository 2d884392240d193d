import { ConnectorError } from '../../functions/shared/errors.ts';
import { type Pause, withPatience } from './patience.ts';

/** What setup looks after. */
export type StepKind =
  | 'identity namespace'
  | 'field group'
  | 'fields'
  | 'schema'
  | 'identity descriptor'
  | 'dataset'
  | 'inlet'
  | 'dataflow'
  | 'configuration';

/**
 * How it stands with one of them: there already, to be made, made now, not needed, or kept from being made by what
 * others made.
 */
export type StepState = 'exists' | 'missing' | 'made' | 'notNeeded' | 'conflict';

export interface Step {
  readonly kind: StepKind;
  readonly name: string;
  readonly state: StepState;
  /** Platform's id, where it has one by now. */
  readonly id?: string | undefined;
  readonly note?: string | undefined;
}

/** `look` changes nothing and says what `make` would do. */
export type SetupMode = 'look' | 'make';

/** Something is there that setup has to leave alone, or can't work with. The message says what to do. */
export class Conflict extends Error {}

/** One thing that Platform has to have. */
export interface Ensured<Found> {
  readonly kind: StepKind;
  readonly name: string;
  readonly note?: string | undefined;
  /** @throws {Conflict} */
  readonly find: () => Promise<Found | undefined>;
  readonly make: () => Promise<Found>;
  readonly id: (found: Found) => string;
  /** What is worth saying of what is there. */
  readonly remark?: (found: Found) => string | undefined;
}

/** Collects what happens to one source's things. */
export class StepRecorder {
  readonly steps: Step[] = [];
  /** What keeps the source from being set up. */
  readonly problems: string[] = [];
  readonly mode: SetupMode;
  readonly #pause: Pause;
  readonly #onStep: (kind: StepKind) => void;

  /** @param onStep called as something is begun with. */
  constructor(mode: SetupMode, pause: Pause, onStep: (kind: StepKind) => void) {
    this.mode = mode;
    this.#pause = pause;
    this.#onStep = onStep;
  }

  add(step: Step): void {
    this.steps.push(step);
  }

  /** Asks, again after faults that pass. */
  ask<Result>(act: () => Promise<Result>): Promise<Result> {
    return withPatience(this.#pause, act);
  }

  /**
   * Finds the thing or, if told to, makes it. Whatever goes wrong on the way, it is looked for again before it is made
   * again: the answer may have been lost after Platform had acted.
   *
   * @returns undefined when it is not there and nothing was to be made, or when others' things are in the way.
   */
  async ensure<Found>(thing: Ensured<Found>): Promise<Found | undefined> {
    const { kind, name, note } = thing;
    this.#onStep(kind);
    try {
      const attempt = { tried: false };
      const { found, made } = await this.ask(() => this.#findOrMake(thing, attempt));
      if (found === undefined) this.add({ kind, name, state: 'missing', note });
      else if (made) this.add({ kind, name, state: 'made', id: thing.id(found), note });
      else this.add({ kind, name, state: 'exists', id: thing.id(found), note: thing.remark?.(found) });
      return found;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      this.problems.push(error.message);
      this.add({ kind, name, state: 'conflict' });
      return undefined;
    }
  }

  async #findOrMake<Found>({ find, make }: Ensured<Found>, attempt: { tried: boolean }) {
    const found = await find();
    if (found !== undefined || this.mode === 'look') return { found, made: attempt.tried };
    try {
      attempt.tried = true;
      return { found: await make(), made: true };
    } catch (error) {
      // Refused because it is there by now? Then it is found; anything else stays an error.
      const isRefused = error instanceof ConnectorError && !error.retryable;
      const after = isRefused ? await find() : undefined;
      if (after === undefined) throw error;
      return { found: after, made: true };
    }
  }
}
