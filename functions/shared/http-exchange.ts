import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface HttpTimeouts {
  /** Until a connection stands. */
  readonly connectMs: number;
  /** Longest silence before the answer begins. */
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
const httpsAgent = new HttpsAgent({ keepAlive: true });

/**
 * Sends a request and resolves when its answer begins. Redirects are not followed: no vendor's API has any, and a
 * credential must not travel to another host.
 *
 * Node's own client, and no package: it stops reading from the socket when nobody takes the body. The undici of 2026
 * keeps on reading whenever it looks for more, and held hundreds of megabytes of an export whose reader was slower
 * than the network.
 *
 * @returns the answer; its body is an error, and no end, when the connection is cut, stalls or is aborted.
 * @throws when no answer came. The other side may have acted all the same.
 */
export function openExchange(exchange: HttpExchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, headers, signal, timeouts } = exchange;
    const isTls = exchange.url.startsWith('https:');
    const options = {
      method,
      headers: { ...headers },
      agent: isTls ? httpsAgent : httpAgent,
      ...(signal === undefined ? {} : { signal }),
    };
    const request = isTls ? httpsRequest(exchange.url, options) : httpRequest(exchange.url, options);
    // Stays for as long as the request lives: an error after the answer began reaches the reader of the body.
    request.on('error', reject);
    limitConnecting(request, timeouts.connectMs);
    let answer: IncomingMessage | undefined;
    request.setTimeout(timeouts.firstByteMs, () => {
      if (answer === undefined) request.destroy(silence(timeouts.firstByteMs));
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

function silence(ms: number): Error {
  return new Error(`nothing came for ${ms / 1000} s`);
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

function sendBody(request: ClientRequest, body: HttpExchange['body']): void {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    request.end(body);
    return;
  }
  // A failure destroys the request, whose error says so.
  pipeline(body, request).catch(() => undefined);
}
