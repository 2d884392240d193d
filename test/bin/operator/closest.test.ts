import { describe, expect, it } from 'vitest';
import { closest } from '../../../bin/operator/closest.ts';

describe('the closest name', () => {
  it.each([
    ['shpo', 'shop'],
    ['SHOP', 'shop'],
    ['delivred', 'delivered'],
    ['zebra', undefined],
    ['', undefined],
  ])('to "%s" is %s', (typed, meant) => {
    expect(closest(typed, ['shop', 'delivered', 'blog'])).toBe(meant);
  });
});
