import { describe, expect, it } from 'vitest';
import {
  maxSlices,
  planSlices,
  type SlicePlan,
} from '../../../../functions/export-window/slices/plan-slices.ts';
import { cutSlice, type Slice, wholeWindow } from '../../../../functions/export-window/slices/slice.ts';
import type { Manifest } from '../../../../functions/shared/manifest.ts';
import fc from '../../../support/seeded-fast-check.ts';

/** The time of one function in these tests: a slice of 300 is small, one of 700 is the longest that is kept. */
const allowedMs = 1000;
const startedMs = Date.UTC(2026, 2, 9, 4);

function manifestThatTook(ms: number): Manifest {
  return {
    version: 1,
    source: 'shop',
    date: '2026-03-08',
    run: 'r1',
    startedAt: new Date(startedMs).toISOString(),
    completedAt: new Date(startedMs + ms).toISOString(),
    requests: 1,
    parts: [],
    records: 0,
    duplicates: 0,
    bytes: 0,
    contentHash: 'a'.repeat(64),
    timestamps: 'utc',
    timezone: 'UTC',
  };
}

type Timed = SlicePlan['slices'][number];

function planOf(slices: readonly Timed[]): Slice[] {
  const plan: SlicePlan = {
    version: 1,
    source: 'shop',
    date: '2026-03-08',
    run: 'r1',
    slices: [...slices],
  };
  return planSlices({ manifest: manifestThatTook(0), plan }, allowedMs);
}

const boundsOf = (slices: readonly Pick<Slice, 'from' | 'to'>[]) => slices.map(({ from, to }) => [from, to]);

/** The slices that these cuts make, each of which took so long. */
function timed(cuts: readonly number[], ms: (index: number) => number): Timed[] {
  return cutSlice(wholeWindow, cuts).map(({ from, to }, index) => ({ from, to, ms: ms(index) }));
}

/** Bounds as runs have them: a filter may go by a clock that is hours away from the day's. */
const cuts = fc.uniqueArray(fc.integer({ min: -50_000, max: 140_000 }), { maxLength: maxSlices - 1 });
const planned = fc
  .tuple(
    cuts,
    fc.array(fc.integer({ min: 0, max: 3 * allowedMs }), { minLength: maxSlices, maxLength: maxSlices }),
  )
  .map(([bounds, times]) => timed(bounds, (index) => times[index] ?? 0));

describe('how a window is cut, by how long it took before', () => {
  it('is not at all while nothing is known, or it took no more than is safe', () => {
    expect(planSlices(undefined, allowedMs)).toEqual([]);
    expect(planSlices({ manifest: manifestThatTook(700), plan: undefined }, allowedMs)).toEqual([]);
  });

  it.each([
    [701, 2],
    [1500, 3],
    [4000, 8],
    [1_000_000, maxSlices],
  ])('is evenly where it was fetched whole in %i ms of 1000: into %i', (ms, count) => {
    const slices = planSlices({ manifest: manifestThatTook(ms), plan: undefined }, allowedMs);
    expect(slices).toHaveLength(count);
    const lengths = slices.map(({ from, to }) => (to ?? 86_400) - (from ?? 0));
    expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
  });

  it('always divides time without a gap or an overlap, into two or more slices and never too many', () => {
    fc.assert(
      fc.property(planned, (slices) => {
        const next = planOf(slices);
        expect(next.length).toBeLessThanOrEqual(maxSlices);
        if (next.length === 0) return;
        expect(next.length).toBeGreaterThan(1);
        expect([next[0]?.from, next.at(-1)?.to]).toEqual([null, null]);
        for (const [index, { from, to }] of next.entries()) {
          expect(next[index + 1]?.from ?? null).toBe(to);
          if (from !== null && to !== null) expect(from).toBeLessThan(to);
        }
      }),
    );
  });

  it('repeats a plan whose slices are neither long nor small', () => {
    fc.assert(
      fc.property(cuts, fc.integer({ min: 150, max: 700 }), (bounds, ms) => {
        const slices = timed(bounds, () => ms);
        fc.pre(slices.length > 1);
        expect(boundsOf(planOf(slices))).toEqual(boundsOf(slices));
      }),
    );
  });

  it('comes to rest: what it makes of a plan, it repeats', () => {
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.integer({ min: 0, max: 700 })), (bounds, times) => {
        const slices = timed(bounds, () => Number(times.next().value));
        const next = planOf(slices);
        const took = ({ from, to }: Slice) =>
          slices.filter((slice) => isPartOf(slice, { from, to })).reduce((sum, { ms }) => sum + ms, 0);
        const again = planOf(next.map(({ from, to, id }) => ({ from, to, ms: took({ from, to, id }) })));
        if (next.length > 0) expect(boundsOf(again)).toEqual(boundsOf(next));
      }),
    );
  });

  it('is whole again once all of its slices together are small', () => {
    expect(planOf(timed([20_000, 40_000, 60_000], () => 74))).toEqual([]);
    expect(planOf(timed([20_000, 40_000, 60_000], () => 75))).toHaveLength(2);
  });

  it('joins small neighbours, so that a slow day does not cost more queries for ever', () => {
    const slices = timed([10, 20, 30, 40, 50], (index) => [400, 100, 100, 99, 100, 600][index] ?? 0);
    expect(boundsOf(planOf(slices))).toEqual([
      [null, 10],
      [10, 40],
      [40, 50],
      [50, null],
    ]);
  });

  it('cuts a slice that took long once more, inside its own bounds, and leaves the others', () => {
    const slices = timed([10_000, 50_000], (index) => [400, 1100, 400][index] ?? 0);
    expect(boundsOf(planOf(slices))).toEqual([
      [null, 10_000],
      [10_000, 23_333],
      [23_333, 36_667],
      [36_667, 50_000],
      [50_000, null],
    ]);
  });

  it.each([
    ['the first', [900, 400], [null, 10_000, 20_000]],
    ['the last', [400, 900], [null, 20_000, 53_200]],
  ] as const)('cuts %s slice too, which has one bound alone', (_, times, starts) => {
    const slices = timed([20_000], (index) => times[index] ?? 0);
    expect(planOf(slices).map(({ from }) => from)).toEqual(starts);
  });

  it('keeps every cut that is known to work where there is no room for more', () => {
    const bounds = Array.from({ length: maxSlices - 2 }, (_, index) => (index + 1) * 100);
    const slices = timed(bounds, () => 900);
    const next = planOf(slices);
    expect(next).toHaveLength(maxSlices);
    expect(next.map(({ from }) => from)).toEqual(expect.arrayContaining(bounds));
  });
});

function isPartOf(slice: Timed, { from, to }: Pick<Slice, 'from' | 'to'>): boolean {
  const starts = from === null || (slice.from !== null && slice.from >= from);
  return starts && (to === null || (slice.to !== null && slice.to <= to));
}
