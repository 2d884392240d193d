import { Transform, type TransformCallback } from 'node:stream';
import { ApiError } from '../api-error.ts';

/** A chunk's head is a hex length and perhaps a signature; a trailer is a checksum. Nothing longer is honest. */
const maxLineBytes = 1024;

/**
 * Takes the `aws-chunked` framing off a body: `HEX[;chunk-signature=…]CRLF bytes CRLF … 0 CRLF trailers CRLF`.
 * The trailers are complete when the stream has ended. Signatures are passed over.
 * @throws {ApiError} IncompleteBody when the body ends early or is not framed so.
 */
export class AwsChunkedDecoder extends Transform {
  readonly trailers = new Map<string, string>();
  #state: 'head' | 'body' | 'bodyEnd' | 'trailers' | 'end' = 'head';
  #line: Buffer[] = [];
  #lineBytes = 0;
  #left = 0;

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let rest = piece;
      while (rest.length > 0) rest = this.#state === 'body' ? this.#takeBody(rest) : this.#takeLine(rest);
      done();
    } catch (error) {
      done(error instanceof Error ? error : new Error('unreadable chunk'));
    }
  }

  override _flush(done: TransformCallback): void {
    // The last empty line is left out by some writers; the chunk of length 0 is not.
    const complete = this.#state === 'end' || (this.#state === 'trailers' && this.#lineBytes === 0);
    done(complete ? null : incomplete());
  }

  #takeBody(piece: Buffer): Buffer {
    const bytes = piece.subarray(0, this.#left);
    this.#left -= bytes.length;
    this.push(bytes);
    if (this.#left === 0) this.#state = 'bodyEnd';
    return piece.subarray(bytes.length);
  }

  #takeLine(piece: Buffer): Buffer {
    const end = piece.indexOf(0x0a);
    const bytes = end === -1 ? piece : piece.subarray(0, end);
    this.#line.push(bytes);
    this.#lineBytes += bytes.length;
    if (this.#lineBytes > maxLineBytes) throw incomplete();
    if (end === -1) return piece.subarray(piece.length);
    const line = Buffer.concat(this.#line).toString('latin1').replace(/\r$/, '');
    this.#line = [];
    this.#lineBytes = 0;
    this.#readLine(line);
    return piece.subarray(end + 1);
  }

  #readLine(line: string): void {
    if (this.#state === 'head') {
      const length = /^([0-9a-fA-F]{1,12})(;.*)?$/.exec(line)?.[1];
      if (length === undefined) throw incomplete();
      this.#left = Number.parseInt(length, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'body';
    } else if (this.#state === 'bodyEnd') {
      if (line !== '') throw incomplete();
      this.#state = 'head';
    } else if (this.#state === 'trailers') {
      if (line === '') this.#state = 'end';
      const colon = line.indexOf(':');
      if (colon > 0)
        this.trailers.set(line.slice(0, colon).toLowerCase().trim(), line.slice(colon + 1).trim());
    } else throw incomplete();
  }
}

/** S3's answer to a body of another length than announced. */
export function incomplete(): ApiError {
  return new ApiError(
    400,
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  );
}
