import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** An answer that is not sent yet, so that a fault can still take its place. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | StreamedBody;
}

/** A body that is read from disk while it is sent. */
export interface StreamedBody {
  readonly stream: Readable;
  readonly length: number;
}

/** Sends the answer whole. A client that goes away in the middle is no error of ours. */
export async function sendReply(response: ServerResponse, reply: Reply, requestId: string): Promise<void> {
  const { body } = reply;
  const length =
    body === undefined ? undefined : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(reply.status, {
    'x-amz-request-id': requestId,
    'x-amzn-requestid': requestId,
    ...(length === undefined ? {} : { 'content-length': String(length) }),
    ...reply.headers,
  });
  if (body === undefined || typeof body === 'string') response.end(body);
  else await pipeline(body.stream, response).catch(() => response.destroy());
}

/** Sends half of a streamed body, or nothing of any other answer, and cuts the connection. */
export async function cutReply(response: ServerResponse, reply: Reply): Promise<void> {
  const { body } = reply;
  if (body !== undefined && typeof body !== 'string') {
    response.writeHead(reply.status, { 'content-length': String(body.length), ...reply.headers });
    await sendHalf(response, body);
  }
  response.socket?.resetAndDestroy();
}

async function sendHalf(response: ServerResponse, body: StreamedBody): Promise<void> {
  let left = Math.floor(body.length / 2);
  for await (const piece of body.stream) {
    if (!Buffer.isBuffer(piece)) continue;
    const sent = piece.subarray(0, left);
    left -= sent.length;
    await new Promise<void>((resolve) => response.write(sent, () => resolve()));
    if (left === 0) break;
  }
}

/** Frees what an answer that is not going to be sent holds open. */
export function dropReply(reply: Reply): void {
  if (reply.body !== undefined && typeof reply.body !== 'string') reply.body.stream.destroy();
}
