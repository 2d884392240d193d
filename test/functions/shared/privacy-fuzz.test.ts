import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { createPrivacyFilter } from '../../../functions/shared/privacy.ts';
import fc from '../../support/seeded-fast-check.ts';

/**
 * The same outcome, reached the other way round: lines are written piece by piece from random members, and what the
 * filter must leave is written from the pieces that stay. So every span that is not edited is compared byte for byte.
 */
const key = 'a key of the tests';
const names = ['$email', 'name', 'a"b', 'ключ', '😀', '__proto__', 'properties', 'time'];

interface Text {
  /** As written in JSON. */
  readonly json: string;
  readonly decoded: string;
}

interface Member {
  readonly name: Text;
  readonly value: { readonly json: string; readonly text: string };
  /** White space before the key, around the colon, and after the value. */
  readonly space: readonly [string, string, string, string];
}

/** A string with some of its characters written as escapes. */
const anyText = (text: fc.Arbitrary<string>): fc.Arbitrary<Text> =>
  fc.tuple(text, fc.array(fc.boolean(), { maxLength: 8 })).map(([decoded, escapes]) => {
    const units = Array.from({ length: decoded.length }, (_, index) =>
      escapes[index % 8] === true
        ? `\\u${decoded.charCodeAt(index).toString(16).padStart(4, '0')}`
        : undefined,
    );
    // Only whole strings are escaped unit by unit: half of a surrogate pair can't be written raw.
    const json = units.every((unit) => unit !== undefined) ? `"${units.join('')}"` : JSON.stringify(decoded);
    return { json, decoded };
  });

const anySpace = fc.string({ unit: fc.constantFrom(' ', '\t', '\r'), maxLength: 2 });
const anyNumber = fc.constantFrom('0', '-0', '1.10', '1E+2', '12345678901234567890', '1e400', '-3.0e-5');
const anyNested = fc
  .tuple(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(undefined, 1, '\t'))
  .map(([value, indent]) =>
    JSON.stringify({ $email: value, list: [value, { name: '}]"\\' }] }, null, indent),
  );

const anyValue = fc.oneof(
  anyText(fc.string({ unit: 'binary' })).map(({ json, decoded }) => ({ json, text: decoded })),
  fc
    .oneof(anyNumber, anyNested, fc.constantFrom('true', 'false', 'null'))
    .map((json) => ({ json, text: json })),
);

const anyMember: fc.Arbitrary<Member> = fc.record({
  name: anyText(fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'binary' }))),
  value: anyValue,
  space: fc.tuple(anySpace, anySpace, anySpace, anySpace),
});

const hmac = (text: string) => createHmac('sha256', key).update(text, 'utf8').digest('hex');

function written({ name, space }: Member, value: string): string {
  return `${space[0]}${name.json}${space[1]}:${space[2]}${value}${space[3]}`;
}

/** What JSON.parse must give: hashed or removed by a plain walk over the parsed line. */
function expectedProperties(
  line: string,
  drop: readonly string[],
  members: readonly Member[],
  hash: readonly string[],
) {
  const parsed: { properties: Record<string, unknown> } = JSON.parse(line);
  const left = Object.entries(parsed.properties).filter(([name]) => !drop.includes(name));
  const texts = new Map(members.map(({ name, value }) => [name.decoded, value.text]));
  return left.map(([name, value]) => [name, hash.includes(name) ? hmac(texts.get(name) ?? '') : value]);
}

const anyNames = fc.uniqueArray(fc.constantFrom(...names), { maxLength: 3 });

it('removes and hashes what is named, and leaves every other byte', () => {
  fc.assert(
    fc.property(
      fc.array(anyMember, { maxLength: 8 }),
      anyNames,
      anyNames,
      anyMember,
      (members, drop, hash, outer) => {
        const before = `{"event":"e",${written({ ...outer, name: { json: '"x"', decoded: 'x' } }, outer.value.json)},"properties":{`;
        const after = `}${outer.space[0]}}`;
        const line = Buffer.from(
          `${before}${members.map((member) => written(member, member.value.json)).join(',')}${after}`,
        );
        const found = createPrivacyFilter({ drop, hash, key })(line);

        const isDropped = ({ name }: Member) => drop.includes(name.decoded);
        const isHashed = ({ name }: Member) => hash.includes(name.decoded);
        if (!members.some((member) => isDropped(member) || isHashed(member))) expect(found).toBe(line);

        const kept = members
          .filter((member) => !isDropped(member))
          .map((member) =>
            written(member, isHashed(member) ? `"${hmac(member.value.text)}"` : member.value.json),
          );
        const expected = `${before}${kept.join(',')}${after}`;
        expect(withoutSpaceAtCuts(found.toString())).toBe(withoutSpaceAtCuts(expected));
        if (!members.some(isDropped)) expect(found.toString()).toBe(expected);

        const parsed: { properties: Record<string, unknown> } = JSON.parse(found.toString());
        expect(Object.entries(parsed.properties)).toEqual(
          expectedProperties(line.toString(), drop, members, hash),
        );
      },
    ),
    { numRuns: 3000 },
  );
});

/** Where a member is cut out, the white space around it may stay: outside strings it is left out of the comparison. */
function withoutSpaceAtCuts(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|[ \t\r]+/gs, '$1');
}
