import type { Readable } from 'node:stream';
import { TerminalError, tooLargeObject } from './errors.ts';

/**
 * Longest object that is read whole: the manifest of fifty thousand parts has as much, and everything else that we
 * write is smaller. A larger one is none of ours, and would fill the memory.
 */
const maxTextBytes = 16 * 1024 * 1024;

/** @throws {TerminalError} `object_too_large` for one that must not be read whole. */
export function requireTextSize(key: string, bytes: number): void {
  if (bytes <= maxTextBytes) return;
  const what = `it has ${bytes} bytes; allowed are ${maxTextBytes}`;
  throw new TerminalError(tooLargeObject, `reading ${key}: ${what}`);
}

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
  /**
   * The object's text and ETag, or undefined when there is none. For small objects: it is held in memory.
   *
   * @throws {TerminalError} `object_too_large` above 16 MiB, before any of it is read.
   */
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
