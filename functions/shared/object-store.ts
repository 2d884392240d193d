import type { Readable } from 'node:stream';

/** What a put demands of the object's present state. */
export type Precondition = { readonly ifAbsent: true } | { readonly ifMatch: string };

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Changes with the content. */
  readonly etag: string;
}

export interface PutOptions {
  readonly contentType?: string;
  readonly precondition?: Precondition;
}

/**
 * The archive bucket as the work modules see it. Every method throws `RetryableError` when the store fails
 * for a passing reason.
 */
export interface ObjectStore {
  /** The object's text and ETag, or undefined when there is none. For small objects: it is held in memory. */
  getText(key: string): Promise<{ readonly text: string; readonly etag: string } | undefined>;
  /** The object's bytes; the stream errors when the transfer is cut. @throws when there is no such object. */
  getStream(key: string): Promise<Readable>;
  /** Bytes of the object, or undefined when there is none. */
  size(key: string): Promise<number | undefined>;
  /** @returns false, changing nothing, when the precondition does not hold. */
  put(key: string, body: string | Buffer, options?: PutOptions): Promise<boolean>;
  /** Uploads a stream of unknown length, in parts; nothing is visible, and nothing is left over, unless it ended well. */
  putStream(key: string, body: Readable, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Deletes the object; there being none is no error. */
  delete(key: string): Promise<void>;
  /** Every object under a prefix, in key order, page by page. */
  list(prefix: string): AsyncIterable<StoredObject>;
}
