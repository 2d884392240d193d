import type { ServerResponse } from 'node:http';

/** A request that ends here, with a status and the vendor's words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Replaces the usual JSON form where a status has one of its own. */
  readonly body: unknown;

  constructor(
    status: number,
    message: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
  ) {
    super(message);
    this.status = status;
    this.headers = options.headers ?? {};
    this.body = options.body;
  }
}

/** The body of a wrong credential, as Mixpanel's ingestion side documents it; the export's own is not published. */
export function invalidCredentials(): Refusal {
  const message = 'Invalid credentials';
  return new Refusal(401, message, { body: { code: 401, error: message, status: 'Unauthorized' } });
}

/** What an expired service account was seen to get. */
export function cannotAuthenticate(status: 400 | 401): Refusal {
  return new Refusal(status, 'Unable to authenticate request');
}

/** Envoy's words for a backend that went away, which clients met on 5xx. */
export const upstreamText = 'upstream connect error or disconnect/reset before headers';

/** Answers with JSON of known length. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Export errors: `{"request","error"}`, or the bare text that other clients recorded. */
export function sendExportRefusal(response: ServerResponse, refusal: Refusal, form: 'json' | 'text'): void {
  const json = refusal.body ?? { request: '/api/2.0/export', error: refusal.message };
  const body = form === 'json' ? JSON.stringify(json) : refusal.message;
  response.writeHead(refusal.status, {
    ...refusal.headers,
    'content-type': form === 'json' ? 'application/json' : 'text/plain',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
