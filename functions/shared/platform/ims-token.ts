import * as z from 'zod';
import { DeferredError, RetryableError, TerminalError } from '../errors.ts';
import { parseRetryAfter } from '../retry-after.ts';
import type { SecretReader } from '../secret-reader.ts';
import { parseAnswer, sendRequest, shortened } from '../vendor-request.ts';

/** What a header takes: anything else in an id or a token comes of a slip, such as a quote pasted along. */
const printable = /^[\x21-\x7e]+$/;
/** Pasted values often carry a line break at their end. */
const filled = z.string('must be filled').trim().min(1, 'must be filled');

/** What the Platform secret holds. */
export const platformSecretSchema = z.object(
  {
    clientId: filled.refine(
      (text) => text === '' || printable.test(text),
      'must be one word of printable ASCII',
    ),
    clientSecret: filled,
  },
  'must be a JSON object with clientId and clientSecret',
);
export type PlatformSecret = z.output<typeof platformSecretSchema>;

/** IMS answers in seconds (the retired JWT exchange answered in milliseconds). */
const tokenSchema = z.object({
  access_token: z.string().regex(printable),
  expires_in: z.coerce.number().positive(),
});

/** A token is renewed this long before it expires, so that none runs out while a large file is on its way. */
const renewBeforeMs = 5 * 60_000;
/** Where IMS throttles without saying for how long. */
const throttledPauseMs = 30_000;

/** An access token with the client id that goes into `x-api-key`. */
export interface PlatformCredential {
  readonly token: string;
  readonly clientId: string;
}

export interface TokenSource {
  /** The token in memory, asked for anew shortly before it expires. */
  get(): Promise<PlatformCredential>;
  /** A new token with the secret in memory, or with the secret read again if IMS refuses that one. */
  renew(): Promise<PlatformCredential>;
  /** Reads the secret again, then a new token. */
  renewFromSecret(): Promise<PlatformCredential>;
}

interface TokenOptions {
  readonly imsUrl: string;
  readonly scopes: string;
  readonly secret: SecretReader<PlatformSecret>;
  readonly clock: () => number;
}

/**
 * IMS client-credentials tokens, kept in memory: Adobe throttles clients that ask for too many.
 *
 * @throws {TerminalError} `platform_auth` when IMS refuses the credential.
 */
export function createTokenSource(options: TokenOptions): TokenSource {
  let cached: { readonly credential: PlatformCredential; readonly renewAtMs: number } | undefined;

  const obtain = async (secret: PlatformSecret) => {
    const { token, lifetimeMs } = await requestToken(options, secret);
    const credential = { token, clientId: secret.clientId };
    // A very short-lived token is still used for half its life rather than asked for at every call.
    cached = {
      credential,
      renewAtMs: options.clock() + Math.max(lifetimeMs - renewBeforeMs, lifetimeMs / 2),
    };
    return credential;
  };
  const renewFromSecret = async () => obtain(await options.secret.refresh());
  const renew = async () => {
    try {
      return await obtain(await options.secret.get());
    } catch (error) {
      // The secret may have been rotated since it was read; a freshly read one is refused for good.
      if (error instanceof TerminalError && error.code === 'platform_auth') return renewFromSecret();
      throw error;
    }
  };
  return {
    async get() {
      const isFresh = cached !== undefined && options.clock() < cached.renewAtMs;
      return cached !== undefined && isFresh ? cached.credential : renew();
    },
    renew,
    renewFromSecret,
  };
}

async function requestToken(options: TokenOptions, secret: PlatformSecret) {
  const answer = await sendRequest('asking IMS for a token', {
    method: 'POST',
    url: `${options.imsUrl}/ims/token/v3`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: secret.clientId,
      client_secret: secret.clientSecret,
      scope: options.scopes,
    }).toString(),
  });
  if (answer.status === 200) {
    const token = parseAnswer(tokenSchema, answer.text, 'reading the token from IMS');
    return { token: token.access_token, lifetimeMs: token.expires_in * 1000 };
  }
  const what = `asking IMS for a token: HTTP ${answer.status}: ${shortened(answer.text, [secret.clientSecret, secret.clientId])}`;
  const askedMs = parseRetryAfter(answer.headers['retry-after'], options.clock());
  if (answer.status === 429) {
    const grows = askedMs === undefined;
    throw new DeferredError('ims_throttled', what, askedMs ?? throttledPauseMs, { grows });
  }
  if (answer.status >= 500 || answer.status === 408) {
    const pause = askedMs === undefined ? {} : { retryAfterMs: askedMs };
    throw new RetryableError('ims_unavailable', what, pause);
  }
  throw new TerminalError('platform_auth', `${what}; ${remedy(answer.text)}`);
}

/** What OAuth's error codes (RFC 6749, 5.2) come to here. */
function remedy(text: string): string {
  if (text.includes('invalid_scope'))
    return 'set platform.scopes to those that the credential shows in the Developer Console';
  if (text.includes('unsupported_grant_type') || text.includes('unauthorized_client'))
    return 'the credential must be an OAuth server-to-server one';
  return 'check clientId and clientSecret in the Platform secret and the scopes in the configuration';
}
