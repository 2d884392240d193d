import { describe, expect, it } from 'vitest';
import { classifyRefusal } from '../../../../functions/shared/mixpanel/export-errors.ts';

const act = {
  what: 'exporting window 2026-03-08',
  context: { source: 'shop' },
  account: 'service account "etl" in secret Stack/shop/mixpanel',
  secrets: ['Basic c2VjcmV0', 'secret'],
};
const classify = (status: number, body: string, retryAfterMs?: number) =>
  classifyRefusal({ status, body, retryAfterMs }, act);
const json = (error: string) => JSON.stringify({ request: '/api/2.0/export?where=x', error });

describe('a refused export', () => {
  it.each([
    [429, json('too many export requests in progress for this project'), 'rate_limited', true],
    [429, 'rate limit reached', 'rate_limited', true],
    [500, 'error completing export request', 'mixpanel_unavailable', true],
    [503, 'upstream connect error or disconnect/reset before headers', 'mixpanel_unavailable', true],
    [400, json('Timeout Error.'), 'mixpanel_timeout', true],
    [408, '', 'mixpanel_timeout', true],
    [206, '{"event":"a","properties":{}}', 'export_incomplete', true],
    [204, '', 'export_incomplete', true],
    [401, '{"code":401,"error":"Invalid credentials","status":"Unauthorized"}', 'mixpanel_auth', false],
    [403, '', 'mixpanel_auth', false],
    [400, json('Unable to authenticate request'), 'mixpanel_auth', false],
    [400, 'Unable to authenticate request', 'mixpanel_auth', false],
    [400, json('to_date cannot be later than today'), 'window_in_future', false],
    [400, json('invalid where'), 'mixpanel_refused', false],
    [402, json('plan'), 'mixpanel_plan', false],
    [404, '<html>', 'mixpanel_refused', false],
    [302, '', 'mixpanel_redirect', false],
  ])('of status %i with %s is %s', (status, body, code, retryable) => {
    const error = classify(status, body);
    expect(error).toMatchObject({ code, retryable, context: { source: 'shop' } });
    expect(error.message).toContain(`exporting window 2026-03-08: HTTP ${status}`);
  });

  it('names the account and the secret that hold a refused credential', () => {
    expect(classify(401, '').message).toContain('service account "etl" in secret Stack/shop/mixpanel');
  });

  it('waits as long as Mixpanel asks', () => {
    expect(classify(429, '', 12_000)).toMatchObject({ retryAfterMs: 12_000 });
    expect(classify(503, '', 5_000)).toMatchObject({ retryAfterMs: 5_000 });
    expect(classify(429, '')).toMatchObject({ retryAfterMs: undefined });
  });

  it('gives Mixpanel’s own words, short, without the request and without a secret', () => {
    const { message } = classify(400, json(`bad where: secret and Basic c2VjcmV0 ${'x'.repeat(1000)}`));
    expect(message).toContain('bad where: *** and ***');
    expect(message).not.toMatch(/secret|c2VjcmV0|api\/2\.0/);
    expect(message.length).toBeLessThan(400);
  });
});
