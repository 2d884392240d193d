import type { LoadDeps } from '../../functions/load-window/load-deps.ts';

export interface Crash {
  /** The how-manieth call to the outside, from 0. */
  readonly at: number;
  /** Before the call is made, or after it has acted and before its answer is known. */
  readonly when: 'before' | 'after';
}

/**
 * The dependencies of a process that dies at one of its calls: nothing that the process does from then on has any
 * effect, so no clean-up code can help. `fired` tells whether it came to that.
 */
export function createCrash(deps: LoadDeps, crash: Crash) {
  let calls = 0;
  let dead = false;
  let fired = false;
  const die = () => {
    dead = true;
    fired = true;
    throw new Error('the process is dead');
  };
  const guard =
    <Arguments extends unknown[], Result>(call: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      if (dead) return die();
      const mine = calls === crash.at;
      calls += 1;
      if (mine && crash.when === 'before') return die();
      const result = await call(...args);
      return mine ? die() : result;
    };
  const { store, ledgers, batches, loadQueue } = deps;
  const guarded: Partial<LoadDeps> = {
    store: {
      ...store,
      getText: guard(store.getText),
      getStream: guard(store.getStream),
      put: guard(store.put),
      putStream: guard(store.putStream),
      delete: guard(store.delete),
    },
    ledgers: { read: guard(ledgers.read), update: guard(ledgers.update) },
    batches: {
      create: guard(batches.create),
      putFile: guard(batches.putFile),
      complete: guard(batches.complete),
      abort: guard(batches.abort),
      revert: guard(batches.revert),
      get: guard(batches.get),
      findByExternalId: guard(batches.findByExternalId),
    },
    loadQueue: { send: guard(loadQueue.send) },
  };
  const revive = () => {
    dead = false;
  };
  return { guarded, fired: () => fired, revive };
}
