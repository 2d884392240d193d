import { describe, expect, it } from 'vitest';
import { ask, errorOf, linesOf, withMixpanel } from './client.ts';

const hour = 3_600_000;
const legacy = { projectId: 1, legacy: true, timezone: 'US/Pacific' };
const truthOf = (date: string, use: (events: { timeMs: number; trueUtcMs: number }[]) => void) =>
  withMixpanel({ eventsPerDay: 2000, projects: [legacy] }, async (mixpanel) => {
    const events = [...mixpanel.expectedEvents(1, date)];
    const query = { project_id: '1', from_date: date, to_date: date };
    expect(linesOf(await ask(mixpanel, { query })).sort()).toEqual(events.map(({ line }) => line).sort());
    use(events);
  });

describe('a project from before 2023', () => {
  it('stores times shifted into its zone, and its days are days of that zone', () =>
    truthOf('2026-01-15', (events) => {
      expect(events.every(({ timeMs, trueUtcMs }) => timeMs - trueUtcMs === -8 * hour)).toBe(true);
      expect(events.every(({ timeMs }) => new Date(timeMs).toISOString().startsWith('2026-01-15T'))).toBe(
        true,
      );
    }));

  it('has no time inside the hour that spring skips', () =>
    truthOf('2025-03-09', (events) => {
      const hours = new Set(events.map(({ timeMs }) => new Date(timeMs).getUTCHours()));
      expect(hours.has(2)).toBe(false);
      expect(hours.has(1) && hours.has(3)).toBe(true);
      const offsets = new Set(events.map(({ timeMs, trueUtcMs }) => (timeMs - trueUtcMs) / hour));
      expect(offsets).toEqual(new Set([-8, -7]));
      const span = Math.max(...events.map((e) => e.trueUtcMs)) - Math.min(...events.map((e) => e.trueUtcMs));
      expect(span).toBeLessThan(23 * hour);
    }));

  it('has two instants for a time in the hour that autumn repeats', () =>
    truthOf('2025-11-02', (events) => {
      const repeated = events.filter(({ timeMs }) => new Date(timeMs).getUTCHours() === 1);
      expect(new Set(repeated.map(({ timeMs, trueUtcMs }) => (timeMs - trueUtcMs) / hour))).toEqual(
        new Set([-7, -8]),
      );
      const span = Math.max(...events.map((e) => e.trueUtcMs)) - Math.min(...events.map((e) => e.trueUtcMs));
      expect(span).toBeGreaterThan(24 * hour);
    }));

  it('knows today by its own zone, a new one by UTC', () => {
    const clock = () => Date.parse('2026-03-09T03:00:00Z');
    const projects = [
      legacy,
      { projectId: 2, timezone: 'US/Pacific' },
      { ...legacy, projectId: 3, timezone: 'Asia/Tokyo' },
    ];
    return withMixpanel({ eventsPerDay: 5, clock, projects }, async (mixpanel) => {
      const status = async (project_id: string, to_date: string) => {
        const answer = await ask(mixpanel, { query: { project_id, from_date: '2026-03-01', to_date } });
        if (answer.status !== 200) expect(errorOf(answer)).toBe('to_date cannot be later than today');
        return answer.status;
      };
      expect(await status('1', '2026-03-08')).toBe(200);
      expect(await status('1', '2026-03-09')).toBe(400);
      expect(await status('2', '2026-03-09')).toBe(200);
      expect(await status('2', '2026-03-10')).toBe(400);
      expect(await status('3', '2026-03-09')).toBe(200);
    });
  });

  it('is told by its date of creation', () =>
    withMixpanel(
      {
        eventsPerDay: 20,
        projects: [
          { projectId: 1, createdAt: '2022-12-31', timezone: 'Asia/Tokyo' },
          { projectId: 2, createdAt: '2023-01-01', timezone: 'Asia/Tokyo' },
        ],
      },
      async (mixpanel) => {
        const shifts = (id: number) =>
          new Set([...mixpanel.expectedEvents(id, '2026-03-01')].map((e) => (e.timeMs - e.trueUtcMs) / hour));
        expect(shifts(1)).toEqual(new Set([9]));
        expect(shifts(2)).toEqual(new Set([0]));
      },
    ));

  it('writes times as ISO text or fractional seconds where a project is that odd', () =>
    withMixpanel(
      {
        eventsPerDay: 200,
        quirks: { emptyDistinctId: 0, missingInsertId: 0, isoTime: 0.4, floatTime: 0.4 },
      },
      async (mixpanel) => {
        const text = linesOf(await ask(mixpanel)).join('\n');
        expect(text).toMatch(/"time":"2026-03-08T\d\d:\d\d:\d\d\.\d{3}Z"/);
        expect(text).toMatch(/"time":"2026-03-08T\d\d:\d\d:\d\d\.\d{3}"/);
        expect(text).toMatch(/"time":177\d{7}\.\d{3},/);
        expect(text).toMatch(/"time":177\d{10},/);
      },
    ));
});
