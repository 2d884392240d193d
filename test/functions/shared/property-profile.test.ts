import { describe, expect, it } from 'vitest';
import {
  createProfileBuilder,
  maxProfileNames,
  type PropertyProfile,
  propertyProfileSchema,
} from '../../../functions/shared/property-profile.ts';
import fc from '../../support/seeded-fast-check.ts';

/** As lines are parsed: `__proto__` in a text is a property, in a literal it is a prototype. */
function profileOf(...lines: string[]): PropertyProfile {
  const builder = createProfileBuilder();
  for (const line of lines) builder.addRecord(propertiesOf(line));
  return builder.profile();
}

function propertiesOf(line: string): Record<string, unknown> {
  const properties: Record<string, unknown> = JSON.parse(line);
  return properties;
}

function typesIn({ properties }: PropertyProfile): unknown {
  return properties.map(({ name, types }) => [name, types]);
}

describe('the profile of properties', () => {
  it('counts each name by the types of its values, in the order of names', () => {
    const profile = profileOf(
      '{"plan":"pro","price":1,"tags":["a"],"paid":true}',
      '{"price":"1","plan":"free","cart":{"total":2},"paid":null}',
      '{"plan":"free","price":2.5}',
    );
    expect(profile).toMatchObject({ records: 3, unlisted: 0 });
    expect(typesIn(profile)).toEqual([
      ['cart', { object: 1 }],
      ['paid', { boolean: 1, null: 1 }],
      ['plan', { string: 3 }],
      ['price', { number: 2, string: 1 }],
      ['tags', { list: 1 }],
    ]);
  });

  it('takes an integer beyond 2^53, which is read as a bigint, for a number', () => {
    const builder = createProfileBuilder();
    builder.addRecord({ id: 2n ** 60n });
    expect(typesIn(builder.profile())).toEqual([['id', { number: 1 }]]);
  });

  it('takes names that mean something to JavaScript for names', () => {
    const line = '{"__proto__":1,"constructor":"a","toString":[],"":false,"$os":{}}';
    expect(typesIn(profileOf(line, line))).toEqual([
      ['', { boolean: 2 }],
      ['$os', { object: 2 }],
      ['__proto__', { number: 2 }],
      ['constructor', { string: 2 }],
      ['toString', { list: 2 }],
    ]);
  });

  it('cuts long names with a mark, and counts those together that are cut to the same', () => {
    const [long, longer] = ['x'.repeat(255), 'x'.repeat(300)];
    const profile = profileOf(
      JSON.stringify({ [long]: 1, [longer]: 'a', [`${longer}y`]: 2 }),
      JSON.stringify({ [long]: 1, [longer]: 'a', [`${longer}y`]: 2 }),
    );
    expect(typesIn(profile)).toEqual([
      [long, { number: 2 }],
      [`${long}…`, { string: 2, number: 2 }],
    ]);
  });

  it('keeps a bounded number of names, counts what found no room, and goes on counting the others', () => {
    const builder = createProfileBuilder();
    for (let index = 0; index < maxProfileNames + 10; index += 1)
      builder.addRecord({ plan: 'pro', [`id-${index}`]: 1, price: 2 });
    const { records, properties, unlisted } = builder.profile();
    expect({ records, names: properties.length, unlisted }).toEqual({
      records: maxProfileNames + 10,
      names: maxProfileNames,
      // Two names are no ids, so two more ids find no room than there are too many.
      unlisted: 12,
    });
    expect(properties.find(({ name }) => name === 'plan')?.types).toEqual({ string: maxProfileNames + 10 });
  });

  it('is the same whether taken at once or put together from parts, and survives its file', () => {
    const name = fc.constantFrom('plan', 'price', '__proto__', 'a', 'b', 'ä', '\ud800');
    const record = fc.dictionary(name, fc.jsonValue({ maxDepth: 1 })).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.array(record), fc.nat(), (lines, cutAt) => {
        const at = cutAt % (lines.length + 1);
        const builder = createProfileBuilder();
        for (const part of [lines.slice(0, at), lines.slice(at)]) {
          const stored: unknown = JSON.parse(JSON.stringify(profileOf(...part)));
          builder.addProfile(propertyProfileSchema.parse(stored));
        }
        expect(builder.profile()).toEqual(profileOf(...lines));
      }),
    );
  });

  it('counts what found no room in any of the parts', () => {
    const wide = (prefix: string) => {
      const builder = createProfileBuilder();
      for (let index = 0; index < maxProfileNames + 5; index += 1)
        builder.addRecord({ [`${prefix}${index}`]: 1 });
      return builder.profile();
    };
    const builder = createProfileBuilder();
    builder.addProfile(wide('a'));
    builder.addProfile(wide('b'));
    const { properties, unlisted } = builder.profile();
    expect({ names: properties.length, unlisted }).toEqual({
      names: maxProfileNames,
      unlisted: 5 + 5 + maxProfileNames,
    });
  });
});
