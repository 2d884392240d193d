import type { Readable } from 'node:stream';
import * as z from 'zod';
import { DeferredError, RetryableError, TerminalError } from '../errors.ts';
import { parseRetryAfter } from '../retry-after.ts';
import { sendRequest, shortened, type VendorAnswer } from '../vendor-request.ts';
import type { PlatformCredential, TokenSource } from './ims-token.ts';

/** The gateway's error body: `{"error_code":"401013","message":"…"}`. */
const gatewayErrorSchema = z.looseObject({ error_code: z.coerce.string() });

/** Where Platform throttles without saying for how long, which it often does. */
const throttledPauseMs = 30_000;

export interface PlatformClientOptions {
  readonly baseUrl: string;
  readonly orgId: string;
  readonly sandbox: string;
  readonly tokens: TokenSource;
  readonly clock: () => number;
}

export interface PlatformRequest {
  /** What is being done, as errors say it: "creating a batch". */
  readonly act: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base URL, with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once per try, since a stream can be read only once. */
  readonly body?: () => string | Buffer | Readable;
  readonly signal?: AbortSignal;
  /** Read no more than this of the answer; what follows is left. @default a longer answer is an error */
  readonly cutAtBytes?: number;
  /** Statuses beside 2xx that the caller wants to see instead of an error. */
  readonly expect?: readonly number[];
}

export interface PlatformClient {
  /**
   * Sends one call with the gateway's headers. A refused token is renewed once; a refused credential is read again
   * from its secret once, since it may have been rotated.
   *
   * @throws {RetryableError} no answer, 5xx; after the pause that Platform asks for, where it does.
   * @throws {DeferredError} 429; after that pause, or after growing ones.
   * @throws {TerminalError} any other refusal, with Platform's words and what to do about it.
   */
  send(request: PlatformRequest): Promise<VendorAnswer>;
}

export function createPlatformClient(options: PlatformClientOptions): PlatformClient {
  const attempt = (request: PlatformRequest, credential: PlatformCredential) => {
    const body = request.body?.();
    return sendRequest(request.act, {
      method: request.method,
      url: `${options.baseUrl}${request.path}`,
      headers: {
        authorization: `Bearer ${credential.token}`,
        'x-api-key': credential.clientId,
        'x-gw-ims-org-id': options.orgId,
        'x-sandbox-name': options.sandbox,
        ...request.headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      ...(request.cutAtBytes === undefined ? {} : { cutAtBytes: request.cutAtBytes }),
    });
  };

  return {
    async send(request) {
      let credential = await options.tokens.get();
      let answer = await attempt(request, credential);
      if (answer.status === 401) {
        credential = await options.tokens.renew();
        answer = await attempt(request, credential);
      }
      if (answer.status === 401 || answer.status === 403) {
        credential = await options.tokens.renewFromSecret();
        answer = await attempt(request, credential);
      }
      if ((answer.status >= 200 && answer.status < 300) || request.expect?.includes(answer.status))
        return answer;
      throw platformError(request.act, answer, credential, options);
    },
  };
}

function platformError(
  act: string,
  answer: VendorAnswer,
  credential: PlatformCredential,
  options: PlatformClientOptions,
) {
  const words = shortened(answer.text, [credential.token, credential.clientId]);
  const what = `${act}: HTTP ${answer.status}: ${words}`;
  const askedMs = parseRetryAfter(answer.headers['retry-after'], options.clock());
  if (answer.status === 429) {
    const grows = askedMs === undefined;
    return new DeferredError('platform_throttled', what, askedMs ?? throttledPauseMs, { grows });
  }
  if (answer.status >= 500 || answer.status === 408) {
    const pause = askedMs === undefined ? {} : { retryAfterMs: askedMs };
    return new RetryableError('platform_unavailable', what, pause);
  }
  const code = gatewayCode(answer.text);
  if (answer.status === 401 || answer.status === 403)
    return new TerminalError('platform_auth', `${what}; ${credentialRemedy(code, options)}`);
  // Only what is said of a dataset decides here: requests name other things that may be missing.
  const remedy = saysNoDataset(words)
    ? noDatasetRemedy(options)
    : requestRemedy(code, answer.status, options);
  return new TerminalError('platform_refused', `${what}; ${remedy}`);
}

/** Catalog and Batch Ingestion word it differently, and by no code that is documented. */
function saysNoDataset(words: string): boolean {
  return /data ?set\b[^.]*(?:not found|not exist|unknown|no such|invalid)|\b(?:no|no such|unknown|invalid) data ?set/i.test(
    words,
  );
}

function noDatasetRemedy({ sandbox }: PlatformClientOptions): string {
  return `check platform.datasetId, and that the dataset is in sandbox ${sandbox}`;
}

function gatewayCode(text: string): string {
  try {
    const parsed = gatewayErrorSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.error_code : '';
  } catch {
    return '';
  }
}

/** The gateway's codes that name what is wrong with a credential (Adobe: landing/troubleshooting). */
function credentialRemedy(code: string, { orgId, sandbox }: PlatformClientOptions): string {
  switch (code) {
    case '403025':
      return `the credential has no product profile in organisation ${orgId}, or platform.orgId is wrong`;
    case '403000':
    case '403003':
      return 'clientId in the Platform secret is not a valid API key';
    case '401013':
      return 'IMS issues tokens that Platform refuses: check platform.imsUrl and platform.scopes';
    case '403010':
      return 'the token did not arrive: check the proxy that platform.baseUrl names';
    default:
      return `give the credential's role access to sandbox ${sandbox} in organisation ${orgId}, and the right to manage datasets and ingest`;
  }
}

function requestRemedy(code: string, status: number, options: PlatformClientOptions): string {
  if (code === '400003') return 'check platform.orgId and platform.sandbox, and any proxy on the way';
  if (status === 404) return noDatasetRemedy(options);
  if (status === 409 || status === 400)
    return 'check platform.datasetId and platform.schemaId; platform.wire writes requests in other documented forms';
  return 'Platform does not take this request; its words say why';
}
