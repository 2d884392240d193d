import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { ConfigError, ConnectorError, RetryableError, TerminalError } from './errors.ts';
import { type HttpTimeouts, openExchange } from './http-exchange.ts';
import { parseJsonWith } from './parse.ts';

/** One request to a vendor whose answer is small. */
export interface VendorRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
  readonly signal?: AbortSignal;
  /** Read no more than this of the answer, and hang up. @default a longer answer than 8 MiB is an error */
  readonly cutAtBytes?: number;
  /** @default 10 s to connect, 90 s to the first byte, 60 s between bytes, 2 min for all of the answer */
  readonly timeouts?: Partial<VendorTimeouts>;
}

export interface VendorTimeouts extends HttpTimeouts {
  /** From the answer's begin to its end, however it drips. */
  readonly wholeMs: number;
}

export interface VendorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const defaultTimeouts: VendorTimeouts = {
  connectMs: 10_000,
  /** Platform's slowest documented answer (error retrieval) may take 60 s. */
  firstByteMs: 90_000,
  idleMs: 60_000,
  /** The largest answer at 70 KB a second. */
  wholeMs: 120_000,
};
/** Answers read whole are small JSON objects; a vendor that sends more is not answering what we asked. */
const maxAnswerBytes = 8 * 1024 * 1024;
/** Long enough to recognise a vendor's error, too short to spill a payload. */
const maxErrorText = 300;

/** Of the address that a redirect names; a longer one is no host. */
const maxShownOrigin = 100;

/**
 * Sends a request and reads the answer whole. Redirects are not followed: a vendor's API has none, and a credential
 * must not travel to another host.
 *
 * @param act what is being done, as errors say it: "creating a batch".
 * @throws {RetryableError} `vendor_unreachable` when no complete answer came. The vendor may have acted all the same.
 * @throws {TerminalError} `vendor_redirect` for a redirect, `unsafe_endpoint` as `openExchange`.
 */
export async function sendRequest(act: string, vendorRequest: VendorRequest): Promise<VendorAnswer> {
  const timeouts = { ...defaultTimeouts, ...vendorRequest.timeouts };
  try {
    const answer = await openExchange({ ...vendorRequest, timeouts });
    const { statusCode: status = 0, headers } = answer;
    if (status >= 300 && status < 400) throw redirected(act, answer);
    return { status, headers, text: await readText(answer, vendorRequest.cutAtBytes, timeouts.wholeMs) };
  } catch (cause) {
    if (cause instanceof ConnectorError) throw cause;
    throw new RetryableError('vendor_unreachable', `${act}: no complete answer`, { cause });
  }
}

/**
 * Parses a vendor's answer and checks it against its schema.
 *
 * @throws {RetryableError} `answer_unclear` naming each thing that is wrong with it and no value: what stands in place
 * of an answer, such as a proxy's page, passes.
 */
export function parseAnswer<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  act: string,
): z.output<Schema> {
  try {
    return parseJsonWith(schema, text, act, { hideValues: true });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new RetryableError('answer_unclear', `the answer is not what was asked for: ${error.message}`);
  }
}

function redirected(act: string, answer: IncomingMessage): TerminalError {
  answer.destroy();
  const { location = '' } = answer.headers;
  // No more of it: its path may hold what is not for a log.
  const place = URL.canParse(location) ? ` to ${new URL(location).origin.slice(0, maxShownOrigin)}` : '';
  return new TerminalError(
    'vendor_redirect',
    `${act}: HTTP ${answer.statusCode}: redirected${place}, which is not followed: a credential would travel with it; check the hosts in the configuration`,
  );
}

async function readText(
  answer: IncomingMessage,
  cutAtBytes: number | undefined,
  wholeMs: number,
): Promise<string> {
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    answer.destroy();
    // A refusal's status says enough without its words.
    if ((answer.statusCode ?? 0) >= 400) return '(words in an encoding that was not asked for)';
    throw new Error('the answer came in an encoding that was not asked for');
  }
  const late = () => answer.destroy(new Error(`the answer did not end within ${wholeMs / 1000} s`));
  const timer = setTimeout(late, wholeMs);
  try {
    return await readWhole(answer, cutAtBytes);
  } finally {
    clearTimeout(timer);
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

/** A vendor's error text, on one line, cut short, without any of the given secrets, however it writes them. */
export function shortened(text: string, secrets: readonly string[] = []): string {
  const writings = secrets
    .filter((secret) => secret !== '')
    .flatMap(writingsOf)
    // A short one may be part of a long one.
    .sort((one, other) => other.length - one.length);
  const whole = writings.reduce((part, secret) => part.replaceAll(secret, '***'), text);
  const clean = writings.reduce(withoutBeginnings, whole);
  // Control characters, and those that turn the direction of text, would play tricks on a terminal.
  const line = clean.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ').trim();
  return line.length > maxErrorText ? `${line.slice(0, maxErrorText)}…` : line || '(no text)';
}

/** Of a secret's characters: fewer are found in other words too, and tell little of it. */
const leastBeginning = 8;

/** Vendors shorten what they quote, and an answer may be cut: what is left of the secret is hidden too. */
function withoutBeginnings(text: string, secret: string): string {
  if (secret.length <= leastBeginning) return text;
  const [before = '', ...others] = text.split(secret.slice(0, leastBeginning));
  return others.reduce((clean, after) => {
    let more = 0;
    while (more < after.length && after[more] === secret[leastBeginning + more]) more += 1;
    return `${clean}***${after.slice(more)}`;
  }, before);
}

/** A text as it is, and as JSON, an address and a form have it. */
function writingsOf(text: string): string[] {
  // By way of its bytes: half a character, which has none, can't be escaped.
  const escaped = encodeURIComponent(Buffer.from(text).toString());
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    escaped,
    new URLSearchParams({ '': text }).toString().slice(1),
  ];
}
