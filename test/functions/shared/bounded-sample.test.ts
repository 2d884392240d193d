import { describe, expect, it } from 'vitest';
import { createBoundedSample } from '../../../functions/shared/bounded-sample.ts';
import fc from '../../support/seeded-fast-check.ts';

function sampleOf(size: number, values: Iterable<number>) {
  const sample = createBoundedSample(size);
  for (const value of values) sample.add(value);
  return sample;
}

describe('createBoundedSample', () => {
  it('has no median without values', () => {
    expect(createBoundedSample(4).median()).toBeNull();
  });

  it('has the exact lower median while everything fits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 64 }), (values) => {
        const sorted = values.toSorted((a, b) => a - b);
        return sampleOf(64, values).median() === sorted[Math.ceil(sorted.length / 2) - 1];
      }),
    );
  });

  it('stays near the middle of a long stream, whose early values count no more than its late ones', () => {
    const length = 100_000;
    const rising =
      sampleOf(
        64,
        Array.from({ length }, (_, index) => index),
      ).median() ?? Number.NaN;
    // Half a stride of slack at each end: between 32 and 64 values are kept.
    expect(Math.abs(rising - length / 2)).toBeLessThanOrEqual(length / 32);
  });
});
