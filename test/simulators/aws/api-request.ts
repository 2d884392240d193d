import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { ApiError } from './api-error.ts';

/** A request as the services see it. */
export interface ApiRequest {
  readonly id: string;
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** `http://host:port` as the client called us: queue URLs are built on it. */
  readonly origin: string;
  /** From the signature's credential scope. */
  readonly region: string;
  readonly signed: boolean;
  /** Aborted when the client's connection is gone or the server closes. */
  readonly gone: AbortSignal;
  /** All headers, names in lower case, a repeated one joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** The body; asks a client that waits for 100-continue to send it. */
  body(): Readable;
  /** @throws {ApiError} when the body is longer than that. */
  text(maxBytes: number): Promise<string>;
}

/** @param gone see {@link ApiRequest.gone}. @param awaitsContinue the client sent `Expect: 100-continue`. */
export function toApiRequest(
  message: IncomingMessage,
  response: ServerResponse,
  gone: AbortSignal,
  awaitsContinue: boolean,
): ApiRequest {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const headers = new Map(
    Object.entries(message.headersDistinct).map(([name, values]) => [name, (values ?? []).join(',')]),
  );
  const body = () => {
    if (awaitsContinue) response.writeContinue();
    return message;
  };
  return {
    id: randomUUID(),
    method: message.method ?? 'GET',
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    origin: `http://${headers.get('host') ?? '127.0.0.1'}`,
    region: regionOf(headers.get('authorization')),
    signed: headers.has('authorization'),
    gone,
    headers,
    body,
    text: (maxBytes) => readText(body(), maxBytes),
  };
}

/** `Credential=KEY/20260101/eu-west-1/s3/aws4_request` names the region; without one it is AWS's oldest. */
function regionOf(authorization: string | undefined): string {
  return /Credential=[^/]+\/\d{8}\/([a-z0-9-]+)\//.exec(authorization ?? '')?.[1] ?? 'us-east-1';
}

async function readText(body: Readable, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    if (!Buffer.isBuffer(piece)) continue;
    bytes += piece.length;
    if (bytes > maxBytes) throw new ApiError(413, 'RequestEntityTooLarge', 'The request is too large.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
