import { describe, expect, it } from 'vitest';
import { ask, day, textOf, withMixpanel } from './client.ts';

const project = '2195193';

describe('what the simulator tells about itself', () => {
  it('counts requests by status, and days with their rows', () =>
    withMixpanel({ eventsPerDay: 10 }, async (mixpanel) => {
      mixpanel.setFaults([{ kind: 'terminatedEarly', afterRows: 4 }]);
      await ask(mixpanel);
      await ask(mixpanel);
      await ask(mixpanel, { query: { limit: '0' } });
      await ask(mixpanel, { path: '/api/app/me' });
      const stats = JSON.parse(textOf(await ask(mixpanel, { path: '/_sim/stats' })));
      expect(stats).toMatchObject({
        requests: 4,
        byStatus: { 200: 3, 400: 1 },
        days: { [`${project} ${day}`]: { requests: 2, complete: 1, rows: 14 } },
        rowsSent: 14,
        running: 0,
        maxConcurrent: 1,
      });
    }));

  it('lists requests with their query, form of credential, fault and end, but without a secret', () =>
    withMixpanel({ eventsPerDay: 10 }, async (mixpanel) => {
      mixpanel.setFaults([{ kind: 'reset' }]);
      await ask(mixpanel).catch(() => undefined);
      await ask(mixpanel);
      await ask(mixpanel, { authorization: null });
      const text = textOf(await ask(mixpanel, { path: '/_sim/requests' }));
      expect(text).not.toContain('not-a-real-secret');
      expect(JSON.parse(text)).toMatchObject([
        { method: 'GET', path: '/api/2.0/export', status: 200, fault: 'reset', outcome: 'cut', rows: 5 },
        { query: { from_date: day }, auth: 'service-account', status: 200, outcome: 'complete', rows: 10 },
        { auth: 'none', status: 401, rows: 0 },
      ]);
    }));

  it('has no other routes, and refuses bodies that are no JSON', () =>
    withMixpanel({}, async (mixpanel) => {
      expect((await ask(mixpanel, { path: '/_sim/other' })).status).toBe(404);
      expect((await ask(mixpanel, { path: '/_sim/faults', method: 'POST' })).status).toBe(400);
      const body = { projectId: 2195193, day: '2026-02-30' };
      expect((await ask(mixpanel, { path: '/_sim/pulls', method: 'POST', body })).status).toBe(400);
    }));
});
