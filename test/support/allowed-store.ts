import type { ObjectStore } from '../../functions/shared/object-store.ts';
import type { KeyRights } from '../../lib/archive-rights.ts';

/** A store as a function's role lets it be used. */
export interface AllowedStore extends ObjectStore {
  /** Throws where something was asked for that is not allowed: such a call fails as well, but best effort might hide that. */
  requireNoneDenied(): void;
}

/** @param rights what the function's role may do, from which its policy is made. */
export function allowedStore(store: ObjectStore, rights: KeyRights): AllowedStore {
  const denied: string[] = [];
  const require = (right: keyof KeyRights, key: string) => {
    if (rights[right].some((pattern) => isLike(key, pattern))) return;
    denied.push(`${right} ${key}`);
    throw new Error(`AccessDenied: ${right} ${key}`);
  };
  return {
    requireNoneDenied() {
      if (denied.length > 0) throw new Error(`the role lacks: ${denied.join(', ')}`);
    },
    async getText(key) {
      require('read', key);
      return store.getText(key);
    },
    async getStream(key) {
      require('read', key);
      return store.getStream(key);
    },
    async size(key) {
      require('read', key);
      return store.size(key);
    },
    async put(key, body, options) {
      require('write', key);
      // S3 compares only for those who may read.
      if (options?.precondition !== undefined) require('read', key);
      return store.put(key, body, options);
    },
    async putStream(key, body, options) {
      require('write', key);
      // What was stored of an upload that fails is taken away.
      require('remove', key);
      return store.putStream(key, body, options);
    },
    async delete(key) {
      require('remove', key);
      return store.delete(key);
    },
    async *list(prefix) {
      require('list', prefix);
      yield* store.list(prefix);
    },
  };
}

/** As IAM compares: `*` is any text, slashes too. */
function isLike(key: string, pattern: string): boolean {
  const pieces = pattern.split('*').map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`, 's').test(key);
}
