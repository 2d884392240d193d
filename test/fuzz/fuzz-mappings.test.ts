import { describe, expect, it } from 'vitest';
import { fuzzMappings } from './fuzz-mappings.ts';

describe('made-up mapping sets on made-up records', () => {
  // `npm run fuzz -- --records 1000000` is the same at length.
  it('never throw, and give a row or the reasons for none', () => {
    const { records, sets, refused, usual, withErrors, rejected } = fuzzMappings({ records: 3000, seed: 1 });
    expect(records).toBe(3000);
    // The records have to be such that all of it happens.
    for (const count of [sets, refused, usual, withErrors, rejected]) expect(count).toBeGreaterThan(0);
    expect(rejected).toBeLessThan(records);
  });
});
