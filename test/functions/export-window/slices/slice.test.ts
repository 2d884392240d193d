import { describe, expect, it } from 'vitest';
import { chooseCuts, evenCuts } from '../../../../functions/export-window/slices/choose-cuts.ts';
import {
  cutSlice,
  dayStartMs,
  isInSlice,
  isWithin,
  type Slice,
  type SliceTime,
  sliceFilter,
  wholeWindow,
} from '../../../../functions/export-window/slices/slice.ts';
import { compileWhere, Moment } from '../../../simulators/mixpanel/where/evaluate.ts';
import { parseWhere } from '../../../simulators/mixpanel/where/parser.ts';
import fc from '../../../support/seeded-fast-check.ts';

const date = '2026-03-08';
const second = fc.integer({ min: -50_000, max: 140_000 });
const cuts = fc.array(second, { maxLength: 12 });

/** Cuts a whole window, then again and again one of its slices, as runs do. */
const plan = fc.tuple(cuts, fc.array(fc.tuple(fc.nat(), cuts), { maxLength: 4 })).map(([first, further]) =>
  further.reduce(
    (slices, [pick, more]) => {
      const at = pick % slices.length;
      const slice = slices[at];
      return slice === undefined ? slices : slices.toSpliced(at, 1, ...cutSlice(slice, more));
    },
    cutSlice(wholeWindow, first),
  ),
);

/** What a filter says of an event, as Mixpanel's documented grammar reads it. */
function selects(slice: Slice, form: SliceTime, time: unknown): boolean {
  const text = sliceFilter(slice, date, form);
  return text === '' || compileWhere(parseWhere(text))(() => time);
}

describe('the slices of a window', () => {
  it('have every second of all time in exactly one of them, however often they are cut', () => {
    fc.assert(
      fc.property(plan, second, (slices, moment) => {
        expect(slices.filter((slice) => isInSlice(slice, moment))).toHaveLength(1);
        expect(new Set(slices.map(({ id }) => id)).size).toBe(slices.length);
        for (const [index, { to }] of slices.entries()) expect(slices[index + 1]?.from ?? null).toBe(to);
        expect([slices[0]?.from, slices.at(-1)?.to]).toEqual([null, null]);
      }),
    );
  });

  it.each(['event', 'property'] as const)(
    'are filtered in form %s so that every event is selected by exactly one, at the bounds as well',
    (form) => {
      fc.assert(
        fc.property(
          plan,
          second,
          fc.constantFrom(0, 1, 500, 999),
          fc.boolean(),
          (slices, moment, ms, atBound) => {
            const bound = slices[1]?.from;
            const seconds = atBound && bound !== null && bound !== undefined ? bound : moment;
            const time = new Moment(dayStartMs(date) + seconds * 1000 + ms);
            const selected = slices.filter((slice) => selects(slice, form, time));
            expect(selected).toEqual(slices.filter((slice) => isInSlice(slice, seconds + ms / 1000)));
            expect(selected).toHaveLength(1);
          },
        ),
      );
    },
  );

  it.each([['a text'], [undefined], [17]])(
    'have an event whose time can not be compared (%s) in the first of them alone',
    (time) => {
      fc.assert(
        fc.property(plan, (slices) => {
          expect(slices.filter((slice) => selects(slice, 'event', time))).toEqual([slices[0]]);
        }),
      );
    },
  );

  it('have every event in exactly one of them on whatever clock and however coarsely Mixpanel compares', () => {
    fc.assert(
      fc.property(
        plan,
        second,
        fc.integer({ min: -50_400, max: 50_400 }),
        fc.constantFrom(1, 60, 3600),
        (slices, moment, offset, grain) => {
          const coarse = Math.floor((moment + offset) / grain) * grain;
          const time = new Moment(dayStartMs(date) + coarse * 1000);
          expect(slices.filter((slice) => selects(slice, 'event', time))).toHaveLength(1);
        },
      ),
    );
  });

  it('are known to be pieces of what was cut, and of nothing else', () => {
    const [, second] = cutSlice(wholeWindow, [100, 200]);
    const pieces = second === undefined ? [] : cutSlice(second, [150]);
    expect(pieces.map(({ id }) => id)).toEqual(['1-0', '1-1']);
    expect(pieces.every((piece) => isWithin(piece, '1'))).toBe(true);
    expect(isWithin({ id: '11', from: null, to: null }, '1')).toBe(false);
  });
});

describe('where a slice is cut', () => {
  const seen = (values: readonly number[]) => values.toSorted((one, other) => one - other);
  const slice = { id: '3', from: 1000, to: 2000 };

  it('is inside the slice, and leaves what was seen on both sides of some cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1000, max: 1999 }), { minLength: 1, maxLength: 60 }),
        (values) => {
          const found = chooseCuts(slice, seen(values));
          if (new Set(values).size < 2) {
            expect(found).toEqual([]);
            return;
          }
          expect(found.every((cut) => cut > 1000 && cut < 2000)).toBe(true);
          const largest = Math.max(
            ...cutSlice(slice, found).map(
              (piece) => values.filter((value) => isInSlice(piece, value)).length,
            ),
          );
          expect(largest).toBeLessThan(values.length);
        },
      ),
    );
  });

  it('gives four pieces of equal weight where events came in any order', () => {
    const values = Array.from({ length: 1000 }, (_, index) => index * 86.4);
    const pieces = cutSlice(wholeWindow, chooseCuts(wholeWindow, values));
    const weights = pieces.map((piece) => values.filter((value) => isInSlice(piece, value)).length);
    expect(weights).toEqual([250, 250, 250, 250]);
  });

  it('gives what was not reached pieces as long as what was, where events came in the order of their times', () => {
    const values = Array.from({ length: 1000 }, (_, index) => index * 8.64);
    const pieces = cutSlice(wholeWindow, chooseCuts(wholeWindow, values));
    const longest = Math.max(...pieces.map(({ from, to }) => (to ?? 86_400) - (from ?? 0)));
    expect(longest).toBeLessThan(2 * 2160 + 1300);
    expect(pieces.length).toBeLessThan(30);
  });

  it('is nowhere when all events are of one second, or none came', () => {
    expect(chooseCuts(wholeWindow, [5.1, 5.2, 5.9])).toEqual([]);
    expect(chooseCuts(wholeWindow, [])).toEqual([]);
  });

  it('is even before any event was seen', () => {
    expect(evenCuts(4)).toEqual([21_600, 43_200, 64_800]);
    expect(evenCuts(1)).toEqual([]);
  });
});
