import type { Readable } from 'node:stream';
import { RetryableError } from './errors.ts';
import { openExchange } from './http-exchange.ts';

/** One request to a vendor whose answer is small. */
export interface VendorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
  readonly signal?: AbortSignal;
  /** Read no more than this of the answer, and hang up. @default a longer answer than 8 MiB is an error */
  readonly cutAtBytes?: number;
}

export interface VendorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const timeouts = {
  connectMs: 10_000,
  /** Platform's slowest documented answer (error retrieval) may take 60 s. */
  firstByteMs: 90_000,
  idleMs: 60_000,
};
/** Answers read whole are small JSON objects; a vendor that sends more is not answering what we asked. */
const maxAnswerBytes = 8 * 1024 * 1024;
/** Long enough to recognise a vendor's error, too short to spill a payload. */
const maxErrorText = 300;

/**
 * Sends a request and reads the answer whole. Redirects are not followed: a vendor's API has none, and a credential
 * must not travel to another host.
 *
 * @param act what is being done, as errors say it: "creating a batch".
 * @throws {RetryableError} `vendor_unreachable` when no complete answer came. The vendor may have acted all the same.
 */
export async function sendRequest(act: string, vendorRequest: VendorRequest): Promise<VendorAnswer> {
  try {
    const answer = await openExchange({ ...vendorRequest, timeouts });
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      text: await readWhole(answer, vendorRequest.cutAtBytes),
    };
  } catch (cause) {
    throw new RetryableError('vendor_unreachable', `${act}: no complete answer`, { cause });
  }
}

async function readWhole(body: Readable, cutAtBytes: number | undefined): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    if (!Buffer.isBuffer(piece)) throw new Error('the answer is not bytes');
    bytes += piece.length;
    if (cutAtBytes !== undefined && bytes >= cutAtBytes) {
      pieces.push(piece.subarray(0, piece.length - (bytes - cutAtBytes)));
      // Leaving the loop ends the stream, and with it the connection.
      break;
    }
    if (bytes > maxAnswerBytes) throw new Error(`the answer is larger than ${maxAnswerBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** A vendor's error text, on one line, cut short, without any of the given secrets. */
export function shortened(text: string, secrets: readonly string[] = []): string {
  const clean = secrets
    .filter((secret) => secret !== '')
    .reduce((part, secret) => part.replaceAll(secret, '***'), text);
  const line = clean.replaceAll(/\s+/g, ' ').trim();
  return line.length > maxErrorText ? `${line.slice(0, maxErrorText)}…` : line || '(no text)';
}
