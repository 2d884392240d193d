import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { commonEnvironment, readEnvironment } from '../../../functions/shared/environment.ts';
import { openExchange } from '../../../functions/shared/http-exchange.ts';
import { parseWindowMessage } from '../../../functions/shared/messages.ts';
import { isSafeEndpoint } from '../../../functions/shared/safe-endpoint.ts';
import { type SourceSettings, sourceSchema } from '../../../functions/shared/source-settings.ts';
import { sourceInput } from '../../lib/synth-stack.ts';
import fc from '../../support/seeded-fast-check.ts';

/** Addresses that look like this machine, or like HTTPS, and are not. */
const unsafe = [
  'http://data.mixpanel.com',
  'http://localhost.evil.com',
  'http://127.0.0.1.evil.com',
  'http://127.0.0.1@evil.com',
  'http://127.0.0.1:80@evil.com',
  'http://localhost%2f@evil.com',
  'http://evil.com#@127.0.0.1',
  'http://evil.com?@localhost',
  'http://evil.com\\@127.0.0.1',
  'http://evil.com/127.0.0.1',
  'http://128.0.0.1',
  'http://2147483649',
  'http://0.0.0.0',
  'http://169.254.169.254',
  'http://[::ffff:10.0.0.1]',
  'http://[::ffff:127.0.0.1]',
  'http://[::]',
  'http://localhost.',
  'http://xn--localhost-.com',
  'https://user:password@data.mixpanel.com',
  'https://@evil.com:secret@evil.com',
  'ftp://127.0.0.1',
  'file:///etc/passwd',
  'ws://localhost',
  'javascript:alert(1)',
  '//evil.com',
  'data.mixpanel.com',
  'http://',
  '',
];
const safe = [
  'https://data.mixpanel.com',
  'HTTPS://DATA.MIXPANEL.COM',
  'https://proxy.internal:8443/mixpanel',
  'http://localhost:8080',
  'http://LOCALHOST',
  'http://127.0.0.1:9',
  'http://127.8.9.10',
  'http://127.1',
  'http://127.0.0.1.',
  'http://2130706433',
  'http://0x7f000001',
  'http://[::1]:80',
  'http://[0:0:0:0:0:0:0:1]',
];

afterEach(() => vi.unstubAllEnvs());

const settingsOf = (change: object): SourceSettings =>
  sourceSchema.parse({ ...sourceInput('shop'), ...change });
const timeouts = { connectMs: 1000, firstByteMs: 1000, idleMs: 1000 };

describe('an address that credentials may go to', () => {
  it.each(safe)('is %j', (url) => {
    expect(isSafeEndpoint(url)).toBe(true);
  });

  it.each(unsafe)(
    'is not %j, whoever names it: the configuration, the environment, or a caller',
    async (url) => {
      expect(isSafeEndpoint(url)).toBe(false);
      const input = sourceInput('shop');
      for (const [part, key] of [
        ['mixpanel', 'baseUrl'],
        ['mixpanel', 'appUrl'],
        ['platform', 'baseUrl'],
        ['platform', 'imsUrl'],
      ] as const) {
        const changed = { ...input, [part]: { ...z.looseObject({}).parse(input[part]), [key]: url } };
        expect(sourceSchema.safeParse(changed).success).toBe(false);
        vi.stubEnv('SOURCE', JSON.stringify(changed));
        vi.stubEnv('STACK_NAME', 'Stack');
        vi.stubEnv('BUCKET_NAME', 'bucket');
        expect(() => readEnvironment(z.object(commonEnvironment))).toThrow(`SOURCE.${part}.${key}: must be`);
      }
      const headers = { authorization: 'Basic c2VjcmV0' };
      await expect(openExchange({ method: 'GET', url, headers, timeouts })).rejects.toMatchObject({
        code: 'unsafe_endpoint',
        retryable: false,
        message: expect.not.stringContaining('c2VjcmV0'),
      });
    },
  );

  it('is over plain HTTP none whose host is another, whatever stands before and behind it', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', '1', '.', '@', ':', '/', '\\', '#', '?', '%', '[', ']'),
    });
    const parts = fc.array(fc.oneof(word, fc.constantFrom('127.0.0.1', 'localhost', '[::1]', 'evil.com')));
    fc.assert(
      fc.property(parts, (pieces) => {
        const url = `http://${pieces.join('')}`;
        if (!isSafeEndpoint(url)) return;
        // As Node's client reads it.
        expect(new URL(url).hostname).toMatch(/^(localhost|\[::1\]|127\.\d+\.\d+\.\d+)$/);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  it('has no query and no fragment, behind which paths would be lost', () => {
    const withUrl = (baseUrl: string) => ({ mixpanel: { projectId: 1, baseUrl } });
    expect(settingsOf(withUrl('https://proxy/mixpanel/')).mixpanel.baseUrl).toBe('https://proxy/mixpanel');
    for (const end of ['?', '#', '?a=b', '/#/'])
      expect(() => settingsOf(withUrl(`https://proxy${end}`))).toThrow('must have no query');
  });

  it('is never named by a message', () => {
    for (const key of ['baseUrl', 'url', 'host'])
      expect(() =>
        parseWindowMessage(JSON.stringify({ date: '2026-03-08', [key]: 'http://evil.com' })),
      ).toThrow(`${key}: unknown key`);
  });
});
