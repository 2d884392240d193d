import { afterEach, describe, expect, it } from 'vitest';
import { createTokenSource } from '../../functions/shared/platform/ims-token.ts';
import { startVendor, type VendorServer } from '../support/vendor-server.ts';

let server: VendorServer;
afterEach(() => server.close());

type Answer = readonly [status: number, body?: object, headers?: Record<string, string>];

const issued: Answer = [200, { access_token: 'a-token', token_type: 'bearer', expires_in: 86_399 }];
const refused: Answer = [400, { error: 'invalid_client', error_description: 'invalid client_secret' }];

/** Tokens from an IMS that gives these answers in turn, the last one for ever, and how the secret was read. */
async function tokensFrom(...answers: readonly Answer[]) {
  server = await startVendor((_request, response, nth) => {
    const [status, body, headers] = answers[Math.min(nth, answers.length) - 1] ?? [500];
    response.writeHead(status, headers).end(JSON.stringify(body ?? {}));
  });
  const read: string[] = [];
  const secretOf = (how: string) => async () => {
    read.push(how);
    return { clientId: 'client', clientSecret: `secret by ${how}` };
  };
  const time = { nowMs: 1_800_000_000_000 };
  const tokens = createTokenSource({
    imsUrl: server.url,
    scopes: 'openid',
    secret: { get: secretOf('get'), refresh: secretOf('refresh') },
    clock: () => time.nowMs,
  });
  return { tokens, read, time };
}

describe('tokens from IMS', () => {
  it('are asked for once, and again five minutes before they expire', async () => {
    const { tokens, time } = await tokensFrom(issued);
    await tokens.get();
    await tokens.get();
    expect(server.requests).toHaveLength(1);
    time.nowMs += 86_399_000 - 5 * 60_000 - 1;
    await tokens.get();
    expect(server.requests).toHaveLength(1);
    time.nowMs += 1;
    await tokens.get();
    expect(server.requests).toHaveLength(2);
  });

  it('live as long as IMS says, be it by a number or by its digits', async () => {
    const { tokens, time } = await tokensFrom([200, { access_token: 'a-token', expires_in: '3600' }]);
    await tokens.get();
    time.nowMs += 3_300_000 - 1;
    await tokens.get();
    expect(server.requests).toHaveLength(1);
    time.nowMs += 1;
    await tokens.get();
    expect(server.requests).toHaveLength(2);
  });

  it.each(['get', 'renew'] as const)(
    'are asked for with the secret read again, once, when IMS refuses the one in memory (%s)',
    async (how) => {
      const rotated = await tokensFrom(refused, issued);
      expect(await rotated.tokens[how]()).toEqual({ token: 'a-token', clientId: 'client' });
      expect(rotated.read).toEqual(['get', 'refresh']);
      await server.close();
      const wrong = await tokensFrom(refused);
      await expect(wrong.tokens[how]()).rejects.toMatchObject({ code: 'platform_auth', retryable: false });
      expect(wrong.read).toEqual(['get', 'refresh']);
    },
  );

  it.each([
    [400, 'invalid_client', 'check clientId and clientSecret'],
    [401, 'invalid_client', 'check clientId and clientSecret'],
    [400, 'invalid_scope', 'set platform.scopes'],
    [400, 'unsupported_grant_type', 'OAuth server-to-server'],
    [400, 'unauthorized_client', 'OAuth server-to-server'],
    [403, 'access_denied', 'check clientId and clientSecret'],
  ])('are refused for good, with what to do about it: %i %s', async (status, error, words) => {
    const { tokens } = await tokensFrom([status, { error, error_description: 'in IMS’s words' }]);
    await expect(tokens.get()).rejects.toMatchObject({
      code: 'platform_auth',
      retryable: false,
      message: expect.stringContaining(words),
    });
  });

  it('wait when IMS throttles: as long as it says, or ever longer', async () => {
    const told = await tokensFrom([429, {}, { 'retry-after': '9' }]);
    await expect(told.tokens.get()).rejects.toMatchObject({ code: 'ims_throttled', delayMs: 9000 });
    await server.close();
    const untold = await tokensFrom([429]);
    await expect(untold.tokens.get()).rejects.toMatchObject({ delayMs: 30_000, grows: true });
  });

  it.each([500, 503, 408])('are asked for again after %i, when IMS asks for it', async (status) => {
    const { tokens } = await tokensFrom([status, {}, { 'retry-after': '60' }]);
    await expect(tokens.get()).rejects.toMatchObject({
      code: 'ims_unavailable',
      retryable: true,
      retryAfterMs: 60_000,
    });
  });

  it('leave no secret in an error, even when IMS repeats it', async () => {
    const { tokens } = await tokensFrom([400, { error: 'wrong: secret by get, secret by refresh, client' }]);
    await expect(tokens.get()).rejects.toMatchObject({
      message: expect.not.stringMatching(/secret by refresh/),
    });
  });
});
