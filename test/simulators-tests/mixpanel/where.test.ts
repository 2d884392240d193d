import { describe, expect, it } from 'vitest';
import { compileWhere, Moment } from '../../simulators/mixpanel/where/evaluate.ts';
import { parseWhere } from '../../simulators/mixpanel/where/parser.ts';
import { timeBoundsOf } from '../../simulators/mixpanel/where/time-bounds.ts';
import { WhereError } from '../../simulators/mixpanel/where/tokens.ts';
import fc from '../../support/seeded-fast-check.ts';
import { ask, day, linesOf, withMixpanel } from './client.ts';

const properties: Readonly<Record<string, unknown>> = {
  plan: 'pro',
  price: 12.5,
  tags: ['a', 'b'],
  member: true,
  $time: new Moment(1_772_964_000_000),
};
const holds = (text: string) =>
  compileWhere(parseWhere(text))((of, name) =>
    of === 'user' ? undefined : Object.hasOwn(properties, name) ? properties[name] : undefined,
  );

describe('a filter expression', () => {
  it.each([
    'properties["plan"] == "pro"',
    "properties['plan'] == 'pro'",
    'properties["plan"] in ["free", "pro"]',
    '"a" in properties["tags"]',
    '"ro" in properties["plan"]',
    'properties["price"] > 12 and properties["price"] <= 12.5',
    'properties["price"] > 100 or properties["member"]',
    'not properties["price"] > 100',
    'not (properties["missing"] > 1)',
    'defined(properties["plan"]) and not defined(properties["missing"])',
    'floor(properties["price"]) == 12 and ceil(properties["price"]) == 13',
    'properties["price"] * 2 - 1 == 24 and properties["price"] % 5 == 2.5',
    'number("42") == 42 and string(42) == "42" and boolean(1) == true',
    '-properties["price"] < -12',
    'properties["plan"] == "pro" AND properties["member"] == true',
    'properties["plan"] != 3',
    'event["$time"] >= datetime("2026-03-08T10:00:00")',
    'properties["$time"]>=datetime(1772964000) and properties["$time"]<datetime(1772964000.5)',
    'properties["plan"] + "x" == "prox"',
    '1 < 2 and 2 < 3 or false',
  ])('holds: %s', (text) => {
    expect(holds(text)).toBe(true);
  });

  it.each([
    'properties["plan"] > 3',
    'properties["plan"] < "z"',
    'properties["price"] == "12.5"',
    'properties["missing"] == properties["missing"]',
    'properties["$time"] > 1772964000',
    'event["$time"] > datetime("2026-03-08T10:00:00Z")',
    'user["plan"] == "pro"',
    'properties["plan"]',
    'properties["price"] / 0 == 1',
    'true and not true',
  ])('does not hold: %s', (text) => {
    expect(holds(text)).toBe(false);
  });

  it.each([
    '',
    'properties',
    'properties[plan] == 1',
    'properties["plan"] = 1',
    'properties["plan"] ==',
    '(true',
    'true)',
    '"text"',
    'properties["a"] and 1',
    'not "x"',
    'any(properties["a"], list, true)',
    'datetime("yesterday") < event["$time"]',
    'event["$time"] > datetime("2026-13-08")',
    'a && b',
    `${'('.repeat(3000)}true${')'.repeat(3000)}`,
  ])('is refused: %s', (text) => {
    expect(() => compileWhere(parseWhere(text))).toThrow(WhereError);
  });

  it('throws nothing but its own error, whatever the text', () => {
    const word = fc.constantFrom(
      'and',
      'or',
      'not',
      'in',
      '(',
      ')',
      '[',
      ']',
      '"a"',
      '1',
      '==',
      '<',
      'properties',
      '-',
      ',',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(text, (expression) => {
        try {
          compileWhere(parseWhere(expression))(() => undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(WhereError);
        }
      }),
    );
  });

  it('bounds time by what all of its parts allow', () => {
    const bounds = (text: string) => timeBoundsOf(parseWhere(text));
    expect(bounds('properties["$time"]>=datetime(10) and datetime(20)>event["$time"] and true')).toEqual({
      fromMs: 10_000,
      toMs: 20_001,
    });
    expect(bounds('properties["$time"]>=datetime(10) or true').fromMs).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('slices of a day by time', () => {
  it.each([
    ['a new project', { projectId: 2195193 }],
    ['a legacy project on a day of 25 hours', { projectId: 2195193, legacy: true, timezone: 'US/Pacific' }],
  ])('hold every event once: %s', (_name, project) =>
    withMixpanel({ eventsPerDay: 400, duplicates: 0.05, projects: [project] }, async (mixpanel) => {
      const date = 'legacy' in project ? '2025-11-02' : day;
      const query = { from_date: date, to_date: date };
      const all = linesOf(await ask(mixpanel, { query })).sort();
      const start = Date.parse(`${date}T00:00:00Z`) / 1000;
      const cut = fc.integer({ min: start, max: start + 86_400 });
      await fc.assert(
        fc.asyncProperty(fc.array(cut, { maxLength: 5 }), async (cuts) => {
          const edges = [start, ...cuts.sort((a, b) => a - b), start + 86_400];
          const lines: string[] = [];
          for (const [index, from] of edges.slice(0, -1).entries()) {
            const where = `properties["$time"]>=datetime(${from}) and properties["$time"]<datetime(${edges[index + 1]})`;
            lines.push(...linesOf(await ask(mixpanel, { query: { ...query, where } })));
          }
          expect(lines.sort()).toEqual(all);
        }),
        { numRuns: 10 },
      );
    }),
  );

  it('compare true UTC where the options say that Mixpanel does', () =>
    withMixpanel(
      {
        eventsPerDay: 300,
        whereTime: 'utc',
        projects: [{ projectId: 2195193, legacy: true, timezone: 'Asia/Tokyo' }],
      },
      async (mixpanel) => {
        const noon = Date.parse(`${day}T12:00:00Z`);
        const where = `event["$time"] < datetime(${noon / 1000})`;
        const truth = [...mixpanel.expectedEvents(2195193, day)].filter(({ trueUtcMs }) => trueUtcMs < noon);
        const lines = linesOf(await ask(mixpanel, { query: { where } }));
        expect(lines.sort()).toEqual(truth.map(({ line }) => line).sort());
      },
    ));

  it('select by arrival', () =>
    withMixpanel({ eventsPerDay: 300 }, async (mixpanel) => {
      const limit = Date.parse(`${day}T12:00:00Z`);
      const truth = [...mixpanel.expectedEvents(2195193, day)].filter(
        ({ processingMs }) => processingMs < limit,
      );
      const where = `number(properties["mp_processing_time_ms"]) < ${limit}`;
      expect(linesOf(await ask(mixpanel, { query: { where } })).sort()).toEqual(
        truth.map(({ line }) => line).sort(),
      );
    }));
});
