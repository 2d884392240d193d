import { describe, expect, it } from 'vitest';
import { createTally } from '../../../bin/preview/bounded-tally.ts';

describe('a tally', () => {
  it('gives the most frequent text first', () => {
    const tally = createTally();
    for (const text of ['a', 'b', 'b', 'c', 'b', 'c']) tally.add(text);
    expect(tally.entries()).toEqual([
      ['b', 3],
      ['c', 2],
      ['a', 1],
    ]);
    expect(tally.others).toBe(0);
  });

  it('keeps no more texts than it has room for, and counts the others', () => {
    const tally = createTally(2);
    for (const text of ['a', 'b', 'c', 'a', 'd', 'c']) tally.add(text);
    expect(tally.entries()).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(tally.others).toBe(3);
  });
});
