import type { Exchange } from './exchange.ts';
import type { Platform } from './platform.ts';
import { gatewayError } from './reply.ts';

/**
 * The checks that every call passes before a service sees it, in the gateway's order.
 *
 * @throws {ReplyError} with the code of the first that fails.
 */
export function checkGateway(platform: Platform, exchange: Exchange, sandboxed: boolean): void {
  const { settings } = platform;
  checkToken(platform, exchange);
  const apiKey = exchange.header('x-api-key');
  if (apiKey === undefined) throw gatewayError(403, '403000', 'Api Key is required');
  if (apiKey !== settings.clientId) throw gatewayError(403, '403003', 'Api Key is invalid');
  const org = exchange.header('x-gw-ims-org-id');
  if (org === undefined) throw gatewayError(400, '400003', 'Missing header');
  if (org !== settings.orgId) throw gatewayError(403, '403025', 'Profile is not valid');
  if (!sandboxed) return;
  const sandbox = exchange.header('x-sandbox-name');
  // Adobe would fall back to the default sandbox; a client that relies on that writes into production unasked.
  if (sandbox === undefined) throw gatewayError(400, '400003', 'Missing header x-sandbox-name');
  if (!settings.sandboxes.includes(sandbox))
    throw gatewayError(403, '403027', 'User region or sandbox is not valid');
}

/** @throws {ReplyError} when there is no bearer token, or one that is not valid any more. */
export function checkToken(platform: Platform, exchange: Exchange): void {
  const authorization = exchange.header('authorization');
  if (authorization === undefined) throw gatewayError(403, '403010', 'Oauth token is missing.');
  const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  if (token === undefined || !platform.tokens.isValid(token)) {
    throw gatewayError(401, '401013', 'Oauth token is not valid');
  }
}
