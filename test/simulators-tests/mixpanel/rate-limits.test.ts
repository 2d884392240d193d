import { describe, expect, it } from 'vitest';
import { ask, errorOf, now, withMixpanel } from './client.ts';

/** A busy machine may take its time to notice. */
const patience = { timeout: 20_000 };

/** A clock that stands until it is moved. */
function movableClock() {
  let ms = now;
  return { clock: () => ms, move: (by: number) => (ms += by) };
}

describe('rate limits', () => {
  it('let 60 queries pass in a rolling hour and then say how long to wait', () => {
    const { clock, move } = movableClock();
    return withMixpanel({ eventsPerDay: 1, clock, hourlyLimit: 60 }, async (mixpanel) => {
      for (let query = 0; query < 60; query += 1) {
        expect((await ask(mixpanel)).status).toBe(200);
        move(1000);
      }
      const refused = await ask(mixpanel);
      expect(refused.status).toBe(429);
      expect(refused.headers['retry-after']).toBe('3540');
      expect(errorOf(refused)).toContain('61/60 queries running in the last hour');
      move(3_539_000);
      expect((await ask(mixpanel)).status).toBe(429);
      move(1000);
      expect((await ask(mixpanel)).status).toBe(200);
      expect((await ask(mixpanel)).status).toBe(429);
    });
  });

  it('let three queries start in a second', () => {
    const { clock, move } = movableClock();
    return withMixpanel({ eventsPerDay: 1, clock, perSecond: 3 }, async (mixpanel) => {
      for (let query = 0; query < 3; query += 1) expect((await ask(mixpanel)).status).toBe(200);
      const refused = await ask(mixpanel);
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
      move(1000);
      expect((await ask(mixpanel)).status).toBe(200);
    });
  });

  it('bound how many exports run at once, and free a place when one ends or is given up', () =>
    withMixpanel({ eventsPerDay: 3, concurrent: 2 }, async (mixpanel) => {
      mixpanel.setFaults([{ kind: 'stall', times: 2 }]);
      const clients = [new AbortController(), new AbortController()];
      const stalled = clients.map(({ signal }) => ask(mixpanel, { signal }).catch(() => undefined));
      await expect.poll(() => mixpanel.stats().running, patience).toBe(2);
      const refused = await ask(mixpanel);
      expect(refused.status).toBe(429);
      expect(errorOf(refused)).toBe('too many export requests in progress for this project');
      for (const client of clients) client.abort();
      await Promise.all(stalled);
      await expect.poll(() => mixpanel.stats().running, patience).toBe(0);
      expect((await ask(mixpanel)).status).toBe(200);
      expect(mixpanel.stats().maxConcurrent).toBe(2);
    }));

  it('are per project', () =>
    withMixpanel(
      { eventsPerDay: 1, hourlyLimit: 1, projects: [{ projectId: 1 }, { projectId: 2 }] },
      async (mixpanel) => {
        const status = async (project_id: string) => (await ask(mixpanel, { query: { project_id } })).status;
        expect([await status('1'), await status('1'), await status('2')]).toEqual([200, 429, 200]);
      },
    ));

  it('are used up neither by refused queries nor by wrong ones', () =>
    withMixpanel({ eventsPerDay: 1, hourlyLimit: 1 }, async (mixpanel) => {
      expect((await ask(mixpanel, { query: { limit: '0' } })).status).toBe(400);
      expect((await ask(mixpanel, { authorization: null })).status).toBe(401);
      expect((await ask(mixpanel)).status).toBe(200);
    }));

  it('name the wait as a date or not at all where the options say so', async () => {
    for (const [retryAfter, header] of [
      ['date', 'Mon, 09 Mar 2026 13:00:00 GMT'],
      ['absent', undefined],
    ] as const) {
      await withMixpanel({ eventsPerDay: 1, hourlyLimit: 1, retryAfter }, async (mixpanel) => {
        await ask(mixpanel);
        expect((await ask(mixpanel)).headers['retry-after']).toBe(header);
      });
    }
  });

  it('let go faster when their clock is sped up, and the wait shrinks with it', () =>
    withMixpanel({ eventsPerDay: 1, hourlyLimit: 1, clockSpeed: 360 }, async (mixpanel) => {
      await ask(mixpanel);
      expect((await ask(mixpanel)).headers['retry-after']).toBe('10');
    }));
});
