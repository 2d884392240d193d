import { describe, expect, it } from 'vitest';
import { ask, day, eventsOf, linesOf, withMixpanel } from './client.ts';

const project = 2195193;
const sorted = (lines: Iterable<string>) => [...lines].sort();

describe('the rows of an export', () => {
  it('are the same events in another order on every pull', () =>
    withMixpanel({ eventsPerDay: 300 }, async (mixpanel) => {
      const [first, second] = [linesOf(await ask(mixpanel)), linesOf(await ask(mixpanel))];
      expect(first).toHaveLength(300);
      expect(second).not.toEqual(first);
      expect(sorted(second)).toEqual(sorted(first));
    }));

  it('are the truth that tests can ask for, each with ids of its own', () =>
    withMixpanel({ eventsPerDay: 500 }, async (mixpanel) => {
      const truth = [...mixpanel.expectedEvents(project, day)];
      expect(sorted(linesOf(await ask(mixpanel)))).toEqual(sorted(truth.map(({ line }) => line)));
      const ids = truth.flatMap(({ insertId }) => insertId ?? []);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.every((id) => /^[A-Za-z0-9-]{16,36}$/.test(id))).toBe(true);
    }));

  it('are the same from every server with the same seed', async () => {
    const pulls: string[][] = [];
    for (let server = 0; server < 2; server += 1) {
      await withMixpanel({ eventsPerDay: 100, seed: 9 }, async (mixpanel) => {
        pulls.push(sorted(linesOf(await ask(mixpanel))));
      });
    }
    expect(pulls[0]).toHaveLength(100);
    expect(pulls[1]).toEqual(pulls[0]);
  });

  it('differ by seed, project and day', () =>
    withMixpanel({ eventsPerDay: 20, projects: [{ projectId: 1 }, { projectId: 2 }] }, async (mixpanel) => {
      const texts = [
        [...mixpanel.expectedEvents(1, day)],
        [...mixpanel.expectedEvents(2, day)],
        [...mixpanel.expectedEvents(1, '2026-03-07')],
      ].map((events) => events.map(({ insertId }) => insertId).join());
      await withMixpanel({ eventsPerDay: 20, seed: 2, projects: [{ projectId: 1 }] }, async (other) => {
        texts.push([...other.expectedEvents(1, day)].map(({ insertId }) => insertId).join());
      });
      expect(new Set(texts).size).toBe(4);
    }));

  it('hold true UTC in a new project, soon followed by their arrival', () =>
    withMixpanel({ eventsPerDay: 400 }, async (mixpanel) => {
      const events = eventsOf(await ask(mixpanel));
      const times = events.map(({ properties }) => Number(properties.time));
      expect(Math.min(...times)).toBeGreaterThanOrEqual(Date.parse(`${day}T00:00:00Z`));
      expect(Math.max(...times)).toBeLessThan(Date.parse(`${day}T24:00:00Z`));
      const delays = events
        .filter(({ properties }) => properties.$import !== true)
        .map(({ properties }) => Number(properties.$mp_api_timestamp_ms) - Number(properties.time))
        .sort((a, b) => a - b);
      expect(delays[0]).toBeGreaterThanOrEqual(0);
      expect(delays[Math.floor(delays.length / 2)]).toBeLessThan(20_000);
      expect(events.some(({ properties }) => properties.$import === true)).toBe(true);
    }));

  it('hold whole seconds unless milliseconds are asked for', () =>
    withMixpanel({ eventsPerDay: 50 }, async (mixpanel) => {
      const inMs = eventsOf(await ask(mixpanel)).map(({ properties }) => Number(properties.time));
      const inSeconds = eventsOf(await ask(mixpanel, { query: { time_in_ms: undefined } }));
      const seconds = inSeconds.map(({ properties }) => Number(properties.time));
      expect(seconds.sort()).toEqual(inMs.map((ms) => Math.floor(ms / 1000)).sort());
    }));

  it('keep raw numbers, separators, emoji and mixed types as a careless sender wrote them', () =>
    withMixpanel({ eventsPerDay: 1500 }, async (mixpanel) => {
      const lines = linesOf(await ask(mixpanel));
      const text = lines.join('\n');
      for (const part of [
        '"huge":1e21',
        ':12345678901234567890',
        '"precise":1.0',
        '\u2028',
        '👩🏽‍🚀',
        '"constructor"',
      ]) {
        expect(text).toContain(part);
      }
      const plans = new Set(
        lines.map((line) => /"plan":("|\d|t|\[)/.exec(line)?.[1]).filter((plan) => plan !== undefined),
      );
      expect(plans.size).toBe(4);
      expect(text).not.toContain(':null');
      expect(text).toMatch(/"\$browser":.*"browser":/);
      expect(text).toContain('"distinct_id":""');
      expect(lines.some((line) => !line.includes('$insert_id'))).toBe(true);
    }));

  it('come close to the length asked for', () =>
    withMixpanel({ eventsPerDay: 500, eventBytes: 3000 }, async (mixpanel) => {
      const { raw } = await ask(mixpanel);
      expect(raw.length / 500).toBeGreaterThan(2700);
      expect(raw.length / 500).toBeLessThan(3300);
    }));

  it('carry what each way of merging identities carries', () =>
    withMixpanel(
      {
        eventsPerDay: 600,
        projects: [
          { projectId: 1, identity: 'simplified' },
          { projectId: 2, identity: 'original' },
        ],
      },
      async (mixpanel) => {
        const simplified = eventsOf(await ask(mixpanel, { query: { project_id: '1' } }));
        const original = eventsOf(await ask(mixpanel, { query: { project_id: '2' } }));
        const has = (events: typeof original, id: RegExp) =>
          events.some(({ properties }) => id.test(String(properties.distinct_id)));
        expect(has(simplified, /^\$device:/)).toBe(true);
        expect(has(simplified, /^user-/)).toBe(true);
        expect(has(original, /^\$device:/)).toBe(false);
        expect(original.some(({ event }) => event === '$identify')).toBe(true);
        expect(simplified.some(({ event }) => event === '$identify')).toBe(false);
      },
    ));

  it('are none before the project was created, and as many as the day says', () =>
    withMixpanel(
      {
        eventsPerDay: (date) => (date === day ? 7 : 0),
        projects: [{ projectId: 1, createdAt: '2026-03-01' }],
      },
      async (mixpanel) => {
        const count = async (date: string) => {
          const query = { project_id: '1', from_date: date, to_date: date };
          return (await ask(mixpanel, { query })).raw.length;
        };
        expect(await count(day)).toBeGreaterThan(0);
        expect(await count('2026-03-07')).toBe(0);
        expect([...mixpanel.expectedEvents(1, '2026-02-28')]).toEqual([]);
      },
    ));

  it('of several days come in one answer, both ends included', () =>
    withMixpanel({ eventsPerDay: 30 }, async (mixpanel) => {
      const lines = linesOf(await ask(mixpanel, { query: { from_date: '2026-03-06', to_date: day } }));
      expect(lines).toHaveLength(90);
    }));

  it('of the current day are those that have been processed by now', () => {
    const noon = Date.parse(`${day}T12:00:00Z`);
    return withMixpanel({ eventsPerDay: 300, clock: () => noon }, async (mixpanel) => {
      const events = eventsOf(await ask(mixpanel));
      expect(events.length).toBeGreaterThan(50);
      expect(events.length).toBeLessThan(250);
      expect(events.every(({ properties }) => Number(properties.mp_processing_time_ms) <= noon)).toBe(true);
      expect([...mixpanel.expectedEvents(project, day)]).toHaveLength(events.length);
    });
  });
});
