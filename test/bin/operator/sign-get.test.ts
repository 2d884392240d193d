import { S3Client } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { createGetSigner } from '../../../bin/operator/sign-get.ts';
import fc from '../../support/seeded-fast-check.ts';

const region = 'eu-west-1';
const secret = fc.string({ minLength: 1 });
const requests = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Z0-9]{4,20}$/),
  secretAccessKey: secret,
  sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/), { nil: undefined }),
  host: fc.constantFrom('bucket.s3.eu-west-1.amazonaws.com', '127.0.0.1:4566'),
  path: fc.constantFrom('/ledger/source%3Dshop/date%3D2026-03-08.json', '/bucket/a%20%28b%29', '/'),
  nowMs: fc.integer({ min: 0, max: 4e12 }),
});

it("makes the SDK's own signatures, whatever the credential, the moment and the path", async () => {
  const sign = createGetSigner(region);
  await fc.assert(
    fc.asyncProperty(requests, async ({ host, path, nowMs, ...credentials }) => {
      const ours = sign(credentials, { host, path, nowMs });
      const { sessionToken, ...keys } = credentials;
      const client = new S3Client({
        region,
        credentials: sessionToken === undefined ? keys : { ...keys, sessionToken },
      });
      const signer = await client.config.signer();
      const request = {
        method: 'GET',
        protocol: 'https:',
        hostname: host,
        path,
        headers: { host },
        query: {},
      };
      const { headers } = await signer.sign(request, { signingDate: new Date(nowMs) });
      expect(ours).toEqual(headers);
      client.destroy();
    }),
    { numRuns: 50 },
  );
});

it('signs anew for another secret and another day', () => {
  const sign = createGetSigner(region);
  const get = { host: 'h', path: '/p' };
  const on = (secretAccessKey: string, nowMs: number) =>
    sign({ accessKeyId: 'A', secretAccessKey }, { ...get, nowMs }).authorization;
  expect(new Set([on('one', 0), on('two', 0), on('two', 86_400_000), on('one', 86_400_000)]).size).toBe(4);
  expect(on('one', 0)).toBe(
    createGetSigner(region)({ accessKeyId: 'A', secretAccessKey: 'one' }, { ...get, nowMs: 0 }).authorization,
  );
});
