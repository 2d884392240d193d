import { describe, expect, it } from 'vitest';
import { driftBetween } from '../../../functions/shared/drift.ts';
import { createProfileBuilder, type PropertyProfile } from '../../../functions/shared/property-profile.ts';

function profileOf(...records: Record<string, unknown>[]): PropertyProfile {
  const builder = createProfileBuilder();
  for (const record of records) builder.addRecord(record);
  return builder.profile();
}

describe('the drift between two profiles', () => {
  it('names what appeared, vanished and changed type', () => {
    const before = profileOf({ plan: 'pro', price: 1, old: 1, older: true });
    const after = profileOf({ plan: 'pro', price: '1', fresh: 1 }, { another: [] });
    expect(driftBetween(before, after)).toEqual({
      appeared: ['another', 'fresh'],
      vanished: ['old', 'older'],
      changed: [{ name: 'price', from: ['number'], to: ['string'] }],
    });
  });

  it('is empty where only counts differ', () => {
    const before = profileOf({ plan: 'pro', price: 1 });
    const after = profileOf({ plan: 'pro' }, { plan: 'free' }, { price: 7 });
    expect(driftBetween(before, after)).toEqual({ appeared: [], vanished: [], changed: [] });
  });

  it.each([
    ['one more type', [{ price: 1 }], [{ price: 1 }, { price: '1' }], ['number'], ['string', 'number']],
    ['one less', [{ price: 1 }, { price: [] }], [{ price: 1 }], ['number', 'list'], ['number']],
    ['nothing but null', [{ price: 1 }], [{ price: null }], ['number'], ['null']],
    ['a value after nothing but null', [{ price: null }], [{ price: {} }], ['null'], ['object']],
  ])('takes %s for a change', (_, before, after, from, to) => {
    expect(driftBetween(profileOf(...before), profileOf(...after)).changed).toEqual([
      { name: 'price', from, to },
    ]);
  });

  it('takes null beside a value for no change', () => {
    const [without, withNull] = [profileOf({ price: 1 }), profileOf({ price: 1 }, { price: null })];
    expect(driftBetween(without, withNull).changed).toEqual([]);
    expect(driftBetween(withNull, without).changed).toEqual([]);
  });

  it('says nothing of names that an incomplete profile may have had', () => {
    const [before, after] = [profileOf({ a: 1, same: 1 }), profileOf({ b: 1, same: 'x' })];
    const full = { ...before, unlisted: 1 };
    expect(driftBetween(full, after)).toMatchObject({ appeared: [], vanished: ['a'] });
    expect(driftBetween(before, { ...after, unlisted: 1 })).toMatchObject({
      appeared: ['b'],
      vanished: [],
      changed: [{ name: 'same', from: ['number'], to: ['string'] }],
    });
  });
});
