import { once } from 'node:events';
import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type Ask, ask, day, errorOf, eventsOf, exportUrl, linesOf, textOf, withMixpanel } from './client.ts';

const headers = { authorization: 'Basic local.000000.mp-service-account:not-a-real-secret' };
/** Making half a million rows may take seconds on a busy machine. */
const patience = { timeout: 20_000 };

describe('the query of an export', () => {
  const refused: readonly [why: string, query: Ask['query'], text: RegExp][] = [
    ['an unknown parameter', { page: '2' }, /unknown query parameter page/],
    ['the legacy bucket', { bucket: 'b' }, /unknown query parameter bucket/],
    ['no from_date', { from_date: undefined }, /missing required parameter from_date/],
    ['no to_date', { to_date: undefined }, /missing required parameter to_date/],
    ['a date that does not exist', { from_date: '2026-02-30' }, /from_date must be a date/],
    ['a date in another form', { to_date: '2026-3-8' }, /to_date must be a date/],
    ['an end before the begin', { from_date: '2026-03-08', to_date: '2026-03-07' }, /must not be before/],
    ['an end after today', { to_date: '2026-03-10' }, /^to_date cannot be later than today$/],
    ['a limit of none', { limit: '0' }, /limit must be/],
    ['a limit above the maximum', { limit: '100001' }, /limit must be/],
    ['a limit that is no whole number', { limit: '1.5' }, /limit must be/],
    ['a bare event name', { event: 'Search' }, /JSON array/],
    ['an event that is a JSON string', { event: '"Search"' }, /JSON array/],
    ['event names that are no text', { event: '[1]' }, /JSON array/],
    ['no event name at all', { event: '[]' }, /JSON array/],
    ['a filter that does not parse', { where: 'properties["a"' }, /invalid where/],
    ['a flag in another spelling', { time_in_ms: 'True' }, /time_in_ms/],
    ['a project id that is no number', { project_id: 'abc' }, /project_id/],
  ];

  it.each(refused)('is refused for %s', (_why, query, text) =>
    withMixpanel({ eventsPerDay: 1 }, async (mixpanel) => {
      const answer = await ask(mixpanel, { query });
      expect(answer.status).toBe(400);
      expect(JSON.parse(textOf(answer))).toMatchObject({ request: '/api/2.0/export' });
      expect(errorOf(answer)).toMatch(text);
    }),
  );

  it('is refused in plain text where the options say so', () =>
    withMixpanel({ errorBody: 'text' }, async (mixpanel) => {
      const answer = await ask(mixpanel, { query: { to_date: '2026-03-10' } });
      expect(answer.headers['content-type']).toBe('text/plain');
      expect(textOf(answer)).toBe('to_date cannot be later than today');
    }));

  it('is refused when a parameter is given twice', () =>
    withMixpanel({}, async (mixpanel) => {
      const path = `/api/2.0/export?project_id=2195193&from_date=${day}&from_date=${day}&to_date=${day}`;
      const response = await fetch(`${mixpanel.url}${path}`, { headers });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('from_date given twice');
    }));

  it('is answered with and without a slash at the end, and by GET alone', () =>
    withMixpanel({ eventsPerDay: 3 }, async (mixpanel) => {
      const query = { project_id: '2195193', from_date: day, to_date: day };
      expect(linesOf(await ask(mixpanel, { path: '/api/2.0/export/', query }))).toHaveLength(3);
      expect((await ask(mixpanel, { path: '/api/2.0/export', query, method: 'POST' })).status).toBe(405);
      expect((await ask(mixpanel, { path: '/api/2.0/engage', query })).status).toBe(404);
    }));

  it('limits the events returned, after its filters', () =>
    withMixpanel({ eventsPerDay: 500 }, async (mixpanel) => {
      expect(linesOf(await ask(mixpanel, { query: { limit: '7' } }))).toHaveLength(7);
      const events = eventsOf(await ask(mixpanel, { query: { limit: '5', event: '["Search"]' } }));
      expect(events.map(({ event }) => event)).toEqual(Array.from({ length: 5 }, () => 'Search'));
    }));

  it('names the events to return', () =>
    withMixpanel({ eventsPerDay: 500 }, async (mixpanel) => {
      const names = ['Search', 'Großer Einkauf ✓'];
      const all = linesOf(await ask(mixpanel)).filter((line) => names.includes(JSON.parse(line).event));
      const named = linesOf(await ask(mixpanel, { query: { event: JSON.stringify(names) } }));
      expect(named.length).toBeGreaterThan(0);
      expect(named.sort()).toEqual(all.sort());
      expect((await ask(mixpanel, { query: { event: '["Nothing"]' } })).raw).toHaveLength(0);
    }));
});

describe('the answer to an export', () => {
  it('is chunked plain text of lines, without a length', () =>
    withMixpanel({ eventsPerDay: 200 }, async (mixpanel) => {
      const answer = await ask(mixpanel);
      expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'transfer-encoding': 'chunked' });
      expect(answer.headers['content-length']).toBeUndefined();
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(textOf(answer).endsWith('}\n')).toBe(true);
      expect(answer.ended).toBe(true);
    }));

  it('is compressed only when that was asked for and the body is large', async () => {
    const encodingOf = async (events: number, header: string) => {
      let encoding: unknown;
      await withMixpanel({ eventsPerDay: events }, async (mixpanel) => {
        const answer = await ask(mixpanel, { headers: { 'accept-encoding': header } });
        expect(linesOf(answer)).toHaveLength(events);
        encoding = answer.headers['content-encoding'];
      });
      return encoding;
    };
    expect(await encodingOf(50, 'gzip')).toBe('gzip');
    expect(await encodingOf(50, 'deflate, GZIP;q=0.5')).toBe('gzip');
    expect(await encodingOf(50, 'gzip;q=0')).toBeUndefined();
    expect(await encodingOf(50, 'identity')).toBeUndefined();
    expect(await encodingOf(1, 'gzip')).toBeUndefined();
  });

  it('is a 200 of no bytes, though still chunked, for a day without events', () =>
    withMixpanel({ eventsPerDay: 0 }, async (mixpanel) => {
      const answer = await ask(mixpanel, { headers: { 'accept-encoding': 'gzip' } });
      expect(answer.status).toBe(200);
      expect(answer.raw).toHaveLength(0);
      expect(answer.headers['transfer-encoding']).toBe('chunked');
      expect(answer.headers['content-length']).toBeUndefined();
    }));

  it('stops being made when the client hangs up', () =>
    withMixpanel({ eventsPerDay: 5_000_000 }, async (mixpanel) => {
      const [response] = await once(get(exportUrl(mixpanel), { headers }), 'response');
      await once(response, 'readable');
      response.destroy();
      await expect.poll(() => mixpanel.stats().running, patience).toBe(0);
      expect(mixpanel.requests().at(-1)).toMatchObject({ outcome: 'cut', status: 200 });
      expect(mixpanel.stats().rowsSent).toBeLessThan(500_000);
    }));

  it('waits for a client that does not read', () =>
    withMixpanel({ eventsPerDay: 5_000_000 }, async (mixpanel) => {
      const [response] = await once(get(exportUrl(mixpanel), { headers }), 'response');
      const seen: number[] = [];
      const stands = () => {
        seen.push(mixpanel.requests().at(-1)?.rows ?? 0);
        return (seen.at(-1) ?? 0) > 0 && seen.at(-1) === seen.at(-4);
      };
      // Once the buffers on the way are full, not one more row is made.
      await expect.poll(stands, { ...patience, interval: 100 }).toBe(true);
      expect(seen.at(-1)).toBeLessThan(100_000);
      response.destroy();
    }));
});
