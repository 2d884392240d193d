import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { constants, gunzipSync } from 'node:zlib';
import {
  ConnectorError,
  describeError,
  type ErrorContext,
  RetryableError,
  TerminalError,
} from '../errors.ts';
import { type HttpTimeouts, openExchange } from '../http-exchange.ts';
import { parseRetryAfter } from '../retry-after.ts';
import type { SecretReader } from '../secret-reader.ts';
import { accountOf, authorizationOf, type MixpanelCredential, secretsOf } from './credentials.ts';
import { classifyRefusal, type ExportAct } from './export-errors.ts';

/** A window as Mixpanel is asked for it. Both days are included. */
export interface ExportRequest {
  /** YYYY-MM-DD */
  readonly fromDate: string;
  readonly toDate: string;
  readonly events?: readonly string[] | undefined;
  readonly where?: string | undefined;
  /** Events at most, 100,000 at most: for looking at some. @default all */
  readonly limit?: number | undefined;
  readonly context?: ErrorContext;
  readonly signal?: AbortSignal;
}

/** A begun export: Mixpanel said 200, and nothing is proven yet. */
export interface ExportAnswer {
  /** As it comes over the wire, still encoded. Errors when the transfer is cut or stalls. */
  readonly body: Readable;
  /** `Content-Encoding`, lower case; undefined when the answer has none. */
  readonly contentEncoding: string | undefined;
  /** Whether HTTP itself tells where the body ends. Otherwise a cut connection looks like the end. */
  readonly framed: boolean;
  /** Queries spent, the one with an outdated credential included. */
  readonly requests: number;
  readonly credential: MixpanelCredential['kind'];
}

/** Mixpanel's raw export as the work modules see it. */
export interface MixpanelClient {
  /** Reads the credential, so that a missing one is known before a query is spent. @throws {ConfigError} */
  ready(): Promise<void>;
  /**
   * Begins an export. A refused credential is read again from its store, and tried once more if it has changed.
   *
   * @throws {RetryableError} `rate_limited` `mixpanel_unavailable` `mixpanel_timeout` `mixpanel_unreachable`
   * @throws {TerminalError} `mixpanel_auth` `window_in_future` `mixpanel_plan` `mixpanel_refused` `mixpanel_redirect`
   */
  exportWindow(request: ExportRequest): Promise<ExportAnswer>;
}

/**
 * A host that is up answers a connection within a second or two. Mixpanel may prepare a large export for minutes before
 * its first byte: more than 60 s by its old help page. Inside a body peers wait from 120 s; hanging exports were never
 * seen to go on after that.
 */
const defaultTimeouts: HttpTimeouts = { connectMs: 10_000, firstByteMs: 300_000, idleMs: 120_000 };

/** A refusal is a sentence; of an error page this much says what it is. */
const maxRefusalBytes = 16 * 1024;

export interface MixpanelClientOptions {
  readonly baseUrl: string;
  readonly projectId: string;
  readonly credentials: Pick<SecretReader<MixpanelCredential>, 'get' | 'refresh'>;
  /** The secret that the credential is read from, as errors name it. @default not named */
  readonly secretId?: string;
  /** Says why a credential is refused, for the error, where that can be told. @default nothing more is said */
  readonly explainRefusal?: (credential: MixpanelCredential) => Promise<string | undefined>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** @default 10 s to connect, 5 min to the first byte, 2 min between bytes */
  readonly timeouts?: Partial<HttpTimeouts>;
}

/** The client of one project. Keeps its connections for as long as the function lives. */
export function createMixpanelClient(options: MixpanelClientOptions): MixpanelClient {
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const attempt = async (exportRequest: ExportRequest, credential: MixpanelCredential, requests: number) => {
    const act = actOf(exportRequest, credential, options.secretId);
    const answer = await send({
      url: exportUrl(options, exportRequest),
      credential,
      timeouts,
      signal: exportRequest.signal,
      act,
    });
    if (answer.statusCode === 200) return begun(answer, credential, requests);
    throw classifyRefusal(
      {
        status: answer.statusCode ?? 0,
        retryAfterMs: parseRetryAfter(answer.headers['retry-after'], options.clock()),
        body: await refusalText(answer, timeouts.idleMs),
      },
      act,
    );
  };
  const explained = async (refusal: TerminalError, credential: MixpanelCredential) => {
    const why =
      (await options.explainRefusal?.(credential)) ??
      'credential, project id and region must belong together';
    const { code, message, context } = refusal;
    return new TerminalError(code, `${message}; ${why}`, { context });
  };
  return {
    async ready() {
      await options.credentials.get();
    },
    async exportWindow(exportRequest) {
      const credential = await options.credentials.get();
      try {
        return await attempt(exportRequest, credential, 1);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const renewed = await options.credentials.refresh();
        if (authorizationOf(renewed) === authorizationOf(credential))
          throw await explained(error, credential);
        return attempt(exportRequest, renewed, 2).catch(async (again) => {
          throw isRefusal(again) ? await explained(again, renewed) : again;
        });
      }
    },
  };
}

function isRefusal(error: unknown): error is TerminalError {
  return error instanceof TerminalError && error.code === 'mixpanel_auth';
}

/** Parameters as Mixpanel documents them (reference/raw-event-export); a space is `%20`, never `+`. */
function exportUrl(
  options: MixpanelClientOptions,
  { fromDate, toDate, events, where, limit }: ExportRequest,
): string {
  const parameters: [string, string | undefined][] = [
    ['project_id', options.projectId],
    ['from_date', fromDate],
    ['to_date', toDate],
    // Without it the time is cut to whole seconds, and keys would differ between exports.
    ['time_in_ms', 'true'],
    ['event', events === undefined ? undefined : JSON.stringify(events)],
    ['where', where],
    ['limit', limit === undefined ? undefined : String(limit)],
  ];
  const query = parameters
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`);
  return `${options.baseUrl}/api/2.0/export?${query.join('&')}`;
}

function actOf(
  { fromDate, toDate, context }: ExportRequest,
  credential: MixpanelCredential,
  secretId: string | undefined,
): ExportAct {
  const days = fromDate === toDate ? `window ${fromDate}` : `windows ${fromDate} to ${toDate}`;
  return {
    what: `exporting ${days}`,
    context: context ?? {},
    account: accountOf(credential, secretId),
    secrets: secretsOf(credential),
  };
}

interface Sending {
  readonly url: string;
  readonly credential: MixpanelCredential;
  readonly timeouts: HttpTimeouts;
  readonly signal: AbortSignal | undefined;
  readonly act: ExportAct;
}

async function send({ url, credential, timeouts, signal, act }: Sending): Promise<IncomingMessage> {
  const headers = {
    accept: 'text/plain',
    'accept-encoding': 'gzip',
    authorization: authorizationOf(credential),
    'user-agent': 'mixpanel-source-connector',
  };
  try {
    return await openExchange({ method: 'GET', url, headers, timeouts, signal });
  } catch (cause) {
    if (cause instanceof ConnectorError) throw cause;
    const { context } = act;
    throw new RetryableError('mixpanel_unreachable', `${act.what}: no answer`, { cause, context });
  }
}

function begun(answer: IncomingMessage, credential: MixpanelCredential, requests: number): ExportAnswer {
  const { headers } = answer;
  return {
    body: answer,
    contentEncoding: headerText(headers['content-encoding']),
    framed:
      headers['content-length'] !== undefined ||
      /chunked/i.test(headerText(headers['transfer-encoding']) ?? ''),
    requests,
    credential: credential.kind,
  };
}

function headerText(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header.join(', ') : header)?.trim().toLowerCase() || undefined;
}

/** The start of a refusal's body; what can't be read of it, or not in time, is not worth losing the status for. */
async function refusalText(answer: IncomingMessage, wholeMs: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => answer.destroy(), wholeMs);
  try {
    for await (const piece of answer) {
      if (!Buffer.isBuffer(piece)) break;
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= maxRefusalBytes) break;
    }
  } catch (error) {
    if (bytes === 0) return `(unreadable body: ${describeError(error)})`;
  } finally {
    clearTimeout(timer);
  }
  const raw = Buffer.concat(pieces).subarray(0, maxRefusalBytes);
  return (headerText(answer.headers['content-encoding']) === 'gzip' ? unzipped(raw) : raw).toString('utf8');
}

function unzipped(raw: Buffer): Buffer {
  try {
    // Z_SYNC_FLUSH gives what a cut stream holds.
    return gunzipSync(raw, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * maxRefusalBytes });
  } catch {
    return Buffer.alloc(0);
  }
}
