import { hash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { ConfigError, RetryableError } from './errors.ts';
import { forgottenKey } from './object-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { personIds } from './person-ids.ts';
import { formatVersion, keptObject } from './stored-format.ts';
import { readJson, updateJson } from './stored-json.ts';

/**
 * Every export holds the list in memory: so many take 8 MB there and 3.8 MB in the bucket, and are read and checked in less
 * than half a second. Whoever was deleted in Mixpanel too, and is not sent again, needs no place on it.
 */
export const maxForgotten = 100_000;

/** 128 bits: no two ids have the same by accident. */
const digestDigits = 32;

/**
 * Whom a source's exports must leave out. It holds no id, but who may read it can tell whether an id is on it. The key
 * lies beside the digests because the two must never part: under another key, as after the rotation of a secret, the
 * list would match nobody, and those who were forgotten would come back without a sign.
 */
export const forgottenSchema = keptObject({
  version: formatVersion(1),
  key: z.string().regex(/^[0-9a-f]{64}$/),
  digests: z.array(z.string().regex(/^[0-9a-f]{32}$/)).max(maxForgotten),
});
export type Forgotten = z.output<typeof forgottenSchema>;

/** A list with nobody on it, and a key of its own. */
export function freshForgotten(): Forgotten {
  return { version: 1, key: randomBytes(32).toString('hex'), digests: [] };
}

/**
 * The first 32 hex digits of the SHA-256 of the key's text and the id. Not an HMAC, which takes three times as long and
 * is asked for some ids of every event: with a key of fixed length before them, texts can't be found back either.
 */
export function digestOfId(key: string, id: string): string {
  return hash('sha256', `${key}${id}`).slice(0, digestDigits);
}

const at = (store: ObjectStore, source: string) => ({
  store,
  key: forgottenKey(source),
  schema: forgottenSchema,
  what: 'the list of the forgotten',
  // Its key is one.
  hideValues: true,
});

export function readForgotten(store: ObjectStore, source: string): Promise<Forgotten | undefined> {
  return readJson(at(store, source));
}

/**
 * Puts ids on the list, those that are there already once.
 *
 * @throws {ConfigError} when the list has no room for them.
 */
export function addForgotten(store: ObjectStore, source: string, ids: readonly string[]): Promise<Forgotten> {
  return updateJson(at(store, source), {
    fresh: freshForgotten,
    change: (list) => {
      const digests = [...new Set([...list.digests, ...ids.map((id) => digestOfId(list.key, id))])];
      if (digests.length === list.digests.length) return list;
      if (digests.length > maxForgotten) {
        throw new ConfigError('adding to the list of the forgotten', [
          `it would have ${digests.length} digests; it has room for ${maxForgotten}`,
        ]);
      }
      return { ...list, digests };
    },
    contended: (message) => new RetryableError('forgotten_contended', message),
  });
}

/** Says of the line of an event, proven to be one, whether it names somebody on the list. */
export type IsForgotten = (line: Buffer) => boolean;

/** @returns undefined for a list with nobody on it: then events need not be looked at. */
export function createIsForgotten(list: Forgotten | undefined): IsForgotten | undefined {
  if (list === undefined || list.digests.length === 0) return undefined;
  const isOnList = createIsOnList(list);
  return (line) => personIds(line).some(isOnList);
}

/** Says of an id whether it is on the list. */
export function createIsOnList({ key, digests }: Forgotten): (id: string) => boolean {
  const known = new Set(digests);
  return (id) => known.has(digestOfId(key, id));
}

/** What an export has to leave out. */
export interface ForgottenPeople {
  readonly isForgotten: IsForgotten | undefined;
  /**
   * To be asked for just before lines are made to count.
   *
   * @throws {RetryableError} `forgotten_meanwhile` when somebody was put on the list since it was read.
   */
  requireUnchanged(): Promise<void>;
}

export async function openForgotten(store: ObjectStore, source: string): Promise<ForgottenPeople> {
  const key = forgottenKey(source);
  // The list only ever grows, so that its size tells whether it is the same. Asked first: if it grows between the two
  // calls, the check fails for nothing, and not the other way round.
  const bytes = await store.size(key);
  const list = bytes === undefined ? undefined : await readForgotten(store, source);
  return {
    isForgotten: createIsForgotten(list),
    async requireUnchanged() {
      if ((await store.size(key)) === bytes) return;
      throw new RetryableError(
        'forgotten_meanwhile',
        `storing lines: ${key} has changed since they were read`,
      );
    },
  };
}
