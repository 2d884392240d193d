export interface Crash {
  /** The how-manieth call to the outside, from 0. */
  readonly at: number;
  /** Before the call is made, or after it has acted and before its answer is known. */
  readonly when: 'before' | 'after';
}

/** A process that dies at one of its calls. */
export interface CrashingProcess {
  /**
   * The same object, with every call of its methods counted. Nothing that the process does after its death has any
   * effect, so no clean-up code can help.
   */
  guard<Target extends object>(target: Target): Target;
  /** Whether it came to that. */
  fired(): boolean;
  isDead(): boolean;
  /** Starts the process anew; it does not die again. */
  revive(): void;
}

export function createCrash(crash: Crash): CrashingProcess {
  let calls = 0;
  let dead = false;
  let fired = false;
  const die = (): never => {
    dead = true;
    fired = true;
    throw new Error('the process is dead');
  };
  const guarded =
    (method: (...args: unknown[]) => unknown, owner: object) =>
    (...args: unknown[]): unknown => {
      if (dead) return die();
      const mine = calls === crash.at;
      calls += 1;
      if (mine && crash.when === 'before') return die();
      const result = method.apply(owner, args);
      if (!mine) return result;
      return result instanceof Promise ? result.then(die, die) : die();
    };
  return {
    guard: (target) =>
      new Proxy(target, {
        get(owner, name) {
          const member: unknown = Reflect.get(owner, name);
          return typeof member === 'function'
            ? guarded((...args) => Reflect.apply(member, owner, args), owner)
            : member;
        },
      }),
    fired: () => fired,
    isDead: () => dead,
    revive: () => {
      dead = false;
    },
  };
}

/**
 * Tries a scenario with a death at its first call, at its second, and so on, until there is no such call any more.
 *
 * @param attempt runs the scenario and says whether the process died.
 * @param step above 1 where a scenario takes too long for every call of it.
 * @returns how many calls there were.
 */
export async function dieAtEveryCall(
  attempt: (at: number) => Promise<boolean>,
  cleanUp: () => Promise<void>,
  step = 1,
): Promise<number> {
  let at = 0;
  while (await attempt(at)) {
    await cleanUp();
    at += step;
  }
  return at;
}
