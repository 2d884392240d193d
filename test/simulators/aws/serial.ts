/** Runs acts on the same key one after the other, and acts on different keys side by side. */
export interface Serial {
  run<Result>(key: string, act: () => Promise<Result>): Promise<Result>;
}

/** A fresh set of keys; a key costs memory only while an act on it runs or waits. */
export function createSerial(): Serial {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(key, act) {
      const before = tails.get(key);
      const result = before === undefined ? act() : before.then(act, act);
      const tail = result.then(
        () => undefined,
        () => undefined,
      );
      tails.set(key, tail);
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      return result;
    },
  };
}
