import type { Readable } from 'node:stream';

/** What a route answers. Made before anything is sent, so that an injected fault can take its place. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body of JSON, of text, or a stream of it; no body when left out. */
  readonly json?: unknown;
  readonly text?: string;
  readonly stream?: Readable;
}

/** Raised by a route to answer with an error from within. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`answering ${reply.status}`);
    this.reply = reply;
  }
}

/** JSON, and that all went well. */
export function ok(json: unknown, status = 200): Reply {
  return { status, json };
}

/** The gateway's errors, which come before any service sees the request. */
export function gatewayError(status: number, code: string, message: string, retryAfter?: number): ReplyError {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return new ReplyError({ status, headers, json: { error_code: code, message } });
}

/** A service's error in the problem form. */
export function problem(status: number, title: string, detail: string, type = 'about:blank'): ReplyError {
  return new ReplyError({ status, json: { type, status, title, detail } });
}

/** The request itself is wrong; `detail` says what. */
export const badRequest = (detail: string) => problem(400, 'BadRequestError', detail);
/** There is nothing of that name. */
export const notFound = (detail: string) => problem(404, 'NotFoundError', detail);

/** The schema registry's own error form. */
export function registryError(status: number, code: string, title: string, detail: string): ReplyError {
  return new ReplyError({
    status,
    json: {
      type: `http://ns.adobe.com/aep/errors/${code}`,
      title,
      status,
      report: { 'detailed-message': detail, 'sub-errors': [] },
      detail,
    },
  });
}
