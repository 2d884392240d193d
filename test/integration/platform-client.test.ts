import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createPlatformClient } from '../../functions/shared/platform/platform-client.ts';
import { startVendor, type VendorServer } from '../support/vendor-server.ts';

let server: VendorServer;
afterEach(() => server.close());

type Answer = [status: number, body?: object, headers?: Record<string, string>];

/** A client of a Platform that gives these answers in turn, the last one for ever, and what it did for tokens. */
async function clientOf(...answers: Answer[]) {
  server = await startVendor((_request, response: ServerResponse, nth) => {
    const [status, body, headers] = answers[Math.min(nth, answers.length) - 1] ?? [500];
    response.writeHead(status, headers).end(body === undefined ? '' : JSON.stringify(body));
  });
  const asked: string[] = [];
  const credential = (how: string) => async () => {
    asked.push(how);
    return { token: `token-${how}`, clientId: 'client-id-1' };
  };
  const tokens = {
    get: credential('get'),
    renew: credential('renew'),
    renewFromSecret: credential('secret'),
  };
  const client = createPlatformClient({
    baseUrl: server.url,
    orgId: 'ORG@AdobeOrg',
    sandbox: 'prod',
    tokens,
    clock: Date.now,
  });
  const send = (cutAtBytes?: number) =>
    client.send({
      act: 'asking',
      method: 'GET',
      path: '/x',
      ...(cutAtBytes === undefined ? {} : { cutAtBytes }),
    });
  return { send, asked };
}

const badToken: Answer = [401, { error_code: '401013', message: 'Oauth token is not valid' }];

describe('the client of Platform', () => {
  it('sends the gateway’s headers', async () => {
    const { send } = await clientOf([200, {}]);
    await send();
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer token-get',
      'x-api-key': 'client-id-1',
      'x-gw-ims-org-id': 'ORG@AdobeOrg',
      'x-sandbox-name': 'prod',
    });
  });

  it('reads no more of an answer than it is told to, and takes one without end for a fault', async () => {
    const { send } = await clientOf([200, { text: 'x'.repeat(9 * 1024 * 1024) }]);
    expect((await send(100_001)).text).toHaveLength(100_001);
    await expect(send()).rejects.toMatchObject({ code: 'vendor_unreachable' });
  });

  it('shows neither its token nor its client id in an error that sends them back', async () => {
    const message = 'Bearer token-get of client-id-1 is in error';
    const { send } = await clientOf([400, { message }]);
    const error = await send().catch(String);
    expect(error).toContain('Bearer *** of *** is in error');
  });

  it('renews a refused token once, then reads the secret again once, then gives up and names the remedy', async () => {
    const renewed = await clientOf(badToken, [200, {}]);
    await renewed.send();
    expect(renewed.asked).toEqual(['get', 'renew']);
    await server.close();
    const refused = await clientOf(badToken);
    await expect(refused.send()).rejects.toMatchObject({ code: 'platform_auth', retryable: false });
    expect(refused.asked).toEqual(['get', 'renew', 'secret']);
    await expect(refused.send()).rejects.toThrow('check platform.imsUrl and platform.scopes');
  });

  it.each([
    ['403025', 'no product profile in organisation ORG@AdobeOrg'],
    ['403000', 'clientId in the Platform secret'],
    ['403003', 'clientId in the Platform secret'],
    ['403010', 'check the proxy'],
    ['403027', 'access to sandbox prod'],
    ['other', 'access to sandbox prod'],
  ])('says what a refused permission lacks: %s', async (error_code, words) => {
    const { send, asked } = await clientOf([403, { error_code, message: 'no' }]);
    await expect(send()).rejects.toThrow(words);
    expect(asked).toEqual(['get', 'secret']);
  });

  it.each([
    [400, { error_code: '400003', message: 'Missing header' }, 'check platform.orgId and platform.sandbox'],
    [400, { type: 't', status: 400, title: 'BadRequestError', detail: 'd' }, 'check platform.datasetId'],
    [404, {}, 'check platform.datasetId, and that the dataset is in sandbox prod'],
    [409, {}, 'platform.wire'],
    [413, {}, 'its words say why'],
    [414, {}, 'its words say why'],
    [415, {}, 'its words say why'],
  ])('gives up a refused request at once and names the remedy: %i %o', async (status, body, words) => {
    const { send, asked } = await clientOf([status, body]);
    await expect(send()).rejects.toMatchObject({
      code: 'platform_refused',
      retryable: false,
      message: expect.stringContaining(words),
    });
    expect(asked).toEqual(['get']);
  });

  it.each([500, 502, 503, 504, 408])('tries again after %i, when Platform asks for it', async (status) => {
    const { send } = await clientOf([status, {}, { 'retry-after': '120' }]);
    await expect(send()).rejects.toMatchObject({
      code: 'platform_unavailable',
      retryable: true,
      retryAfterMs: 120_000,
    });
  });

  it('waits as long as it is told to when it is throttled, and ever longer otherwise', async () => {
    const told = await clientOf([429, { error_code: '429050' }, { 'retry-after': '7' }]);
    await expect(told.send()).rejects.toMatchObject({
      code: 'platform_throttled',
      delayMs: 7000,
      grows: false,
    });
    await server.close();
    const untold = await clientOf([429, { error_code: '429050' }]);
    await expect(untold.send()).rejects.toMatchObject({ delayMs: 30_000, grows: true });
  });

  it('tells faults that pass from those that stay, in Platform’s words and without a token', async () => {
    const down = await clientOf([503, { message: 'later' }]);
    await expect(down.send()).rejects.toMatchObject({ code: 'platform_unavailable', retryable: true });
    await server.close();
    const wrong = await clientOf([400, { message: 'dataset token-get not found' }]);
    await expect(wrong.send()).rejects.toMatchObject({ code: 'platform_refused', retryable: false });
    await expect(wrong.send()).rejects.toThrow('asking: HTTP 400: {"message":"dataset *** not found"}');
  });
});
