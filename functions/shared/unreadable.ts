import { type ConnectorError, describeError, isUnreadable } from './errors.ts';

/** An object of the archive that can't be read, which nothing but a newer release, a fault or a hand can have caused. */
export interface Unreadable {
  readonly key: string;
  /** Of the error that reading it ends in: what mends it is told by it. */
  readonly code: ConnectorError['code'];
  readonly problem: string;
}

/** Reads objects of which none is to cost its neighbours anything. */
export interface SeparateReads {
  /** What is read from the object with this key; undefined where that can't be, which is noted. */
  read<Value>(key: string, read: () => Promise<Value>): Promise<Value | undefined>;
  /** What could not be read until now, by its key. */
  unreadable(): readonly Unreadable[];
}

/** An object that could not be had, as the network or a right was missing, is still an error: it says nothing of the object. */
export function separateReads(): SeparateReads {
  const found: Unreadable[] = [];
  return {
    async read(key, read) {
      try {
        return await read();
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        found.push({ key, code: error.code, problem: describeError(error) });
        return undefined;
      }
    },
    unreadable: () => found.toSorted((one, other) => one.key.localeCompare(other.key)),
  };
}
