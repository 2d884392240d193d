import type { Exchange } from '../exchange.ts';
import type { Platform } from '../platform.ts';
import { ok, ReplyError } from '../reply.ts';
import type { Route } from '../router.ts';

/** Scopes that the simulated credential has. */
const knownScopes = new Set([
  'openid',
  'AdobeID',
  'read_organizations',
  'additional_info.projectedProductContext',
  'session',
]);

/** Adobe shows no error bodies for this endpoint; these have the form of RFC 6749, section 5.2. */
const tokenError = (status: number, error: string, description: string) =>
  new ReplyError({ status, json: { error, error_description: description } });

/** The token endpoint of Adobe's identity management. */
export function imsRoutes(platform: Platform): Route[] {
  const { settings } = platform;
  async function issue(exchange: Exchange) {
    if (exchange.mediaType() !== 'application/x-www-form-urlencoded') {
      throw tokenError(400, 'invalid_request', 'the body must be form-encoded');
    }
    const form = new URLSearchParams((await exchange.body()).toString('utf8'));
    const field = (name: string) => form.get(name) ?? exchange.query(name) ?? '';
    if (field('grant_type') !== 'client_credentials') {
      throw tokenError(400, 'unsupported_grant_type', 'grant_type must be client_credentials');
    }
    if (field('client_id') !== settings.clientId || field('client_secret') !== settings.clientSecret) {
      throw tokenError(401, 'invalid_client', 'invalid client_id or client_secret');
    }
    const scopes = field('scope').split(',');
    if (!scopes.every((scope) => knownScopes.has(scope.trim()))) {
      throw tokenError(400, 'invalid_scope', 'scope is empty or names one that the credential does not have');
    }
    platform.counts.tokens += 1;
    return ok({
      access_token: platform.tokens.issue(),
      token_type: 'bearer',
      expires_in: settings.tokenTtlSeconds,
    });
  }
  return [{ method: 'POST', pattern: '/ims/token/v3', name: 'token', guard: 'none', handle: issue }];
}
