import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TerminalError } from './errors.ts';
import { isSafeEndpoint } from './safe-endpoint.ts';

export interface HttpTimeouts {
  /** Until a connection stands. */
  readonly connectMs: number;
  /** Longest silence before the answer begins; also all the time that it may take to begin, once asked for. */
  readonly firstByteMs: number;
  /** Longest silence inside the answer's body. */
  readonly idleMs: number;
}

export interface HttpExchange {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** https:, or http: to this machine. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable | undefined;
  readonly timeouts: HttpTimeouts;
  readonly signal?: AbortSignal | undefined;
}

const httpAgent = new HttpAgent({ keepAlive: true });
// Said here, so that no variable of the environment can say otherwise: a certificate of one's own is trusted by naming
// its authority in NODE_EXTRA_CA_CERTS.
const httpsAgent = new HttpsAgent({ keepAlive: true, rejectUnauthorized: true });
/** Node's own bound, said so that no option of the process lifts it: an answer of endless headers is an error. */
const maxHeaderBytes = 16 * 1024;

/**
 * Sends a request and resolves when its answer begins. Redirects are not followed: no vendor's API has any, and a
 * credential must not travel to another host.
 *
 * Node's own client, and no package: it stops reading from the socket when nobody takes the body. The undici of 2026
 * keeps on reading whenever it looks for more, and held hundreds of megabytes of an export whose reader was slower
 * than the network.
 *
 * @returns the answer; its body is an error, and no end, when the connection is cut, stalls or is aborted.
 * @throws {TerminalError} `unsafe_endpoint`, before anything is sent, for an address that no credential may go to.
 * @throws when no answer came. The other side may have acted all the same.
 */
export function openExchange(exchange: HttpExchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, headers, signal, timeouts } = exchange;
    if (!isSafeEndpoint(exchange.url)) throw unsafe();
    const url = new URL(exchange.url);
    const isTls = url.protocol === 'https:';
    const options = {
      method,
      maxHeaderSize: maxHeaderBytes,
      headers: { ...headers },
      agent: isTls ? httpsAgent : httpAgent,
      ...(signal === undefined ? {} : { signal }),
    };
    const request = isTls ? httpsRequest(url, options) : httpRequest(url, options);
    // Stays for as long as the request lives: an error after the answer began reaches the reader of the body.
    request.on('error', reject);
    limitConnecting(request, timeouts.connectMs);
    limitAnswering(request, timeouts.firstByteMs);
    let answer: IncomingMessage | undefined;
    request.setTimeout(timeouts.firstByteMs, () => {
      if (answer === undefined) request.destroy(noAnswer(timeouts.firstByteMs));
      // What has come and was not taken yet: the silence is the reader's own.
      else if (answer.complete || answer.readableLength > 0) answer.socket.setTimeout(timeouts.idleMs);
      else answer.destroy(silence(timeouts.idleMs));
    });
    request.on('response', (response) => {
      answer = response;
      response.socket.setTimeout(timeouts.idleMs);
      resolve(response);
    });
    sendBody(request, exchange.body);
  });
}

function unsafe(): TerminalError {
  return new TerminalError(
    'unsafe_endpoint',
    'sending a request: credentials go to an https:// URL, or over http:// to 127.0.0.1, [::1] or localhost alone',
  );
}

function silence(ms: number): Error {
  return new Error(`nothing came for ${ms / 1000} s`);
}

function noAnswer(ms: number): Error {
  return new Error(`no answer began within ${ms / 1000} s`);
}

function limitConnecting(request: ClientRequest, connectMs: number): void {
  const timer = setTimeout(() => {
    request.destroy(new Error(`no connection within ${connectMs / 1000} s`));
  }, connectMs);
  request.on('close', () => clearTimeout(timer));
  request.on('socket', (socket) => {
    if (!socket.connecting) return clearTimeout(timer);
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => clearTimeout(timer));
  });
}

/** Headers that drip, or interim answers without end, are no silence. */
function limitAnswering(request: ClientRequest, firstByteMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  request.on('finish', () => {
    // An answer may begin before all of a body was sent.
    if (!isOver) timer = setTimeout(() => request.destroy(noAnswer(firstByteMs)), firstByteMs);
  });
  for (const end of ['response', 'close']) {
    request.on(end, () => {
      isOver = true;
      clearTimeout(timer);
    });
  }
}

function sendBody(request: ClientRequest, body: HttpExchange['body']): void {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    request.end(body);
    return;
  }
  // A failure destroys the request, whose error says so.
  pipeline(body, request).catch(() => undefined);
}
