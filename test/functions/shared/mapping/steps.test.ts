import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileMapping, parseMappingSet } from '../../../../functions/shared/mapping/index.ts';
import { attribute, evaluate, expression, mapWith } from './builders.ts';

const usedUp = 'more than 1000000 steps for one record';
const million = 'a'.repeat(1_000_000);

/** The same rule so many times, each for a field of its own. */
function rules(source: string, count: number) {
  return Array.from({ length: count }, (_, index) => expression(source, `f${index}`));
}

describe('the steps of a record', () => {
  it('end rules that hash long texts again and again, each for itself; the rest of the record goes on', () => {
    const hashing = rules('size_of(sha512(lpad(a, 1000000, "b")))', 100);
    const cheap = [expression('lower(a)', 'lower'), attribute('a', 'copy'), expression('1 + 2', 'sum')];
    const { output, errors } = mapWith([...hashing, ...cheap], { a: 'X' });
    // A hash takes its million characters twice, as they are made and as they are read: some 125 000 steps.
    const ends = { f6: 128, lower: 'x', copy: 'X', sum: 3 };
    expect(output).toMatchObject(ends);
    expect(Object.keys(output ?? {})).toHaveLength(7 + cheap.length);
    expect(errors.map(({ rule, message }) => [rule, message])).toEqual(
      Array.from({ length: 93 }, (_, index) => [index + 7, usedUp]),
    );
  });

  it('end a rule that does so by itself, and no record after that', () => {
    const sum = Array.from({ length: 100 }, () => 'size_of(sha512(lpad(a, n, "b")))').join(' + ');
    const mapping = compileMapping(parseMappingSet(JSON.stringify({ mappings: rules(sum, 20) })), {
      requires: 'nothing',
    });
    const attack = mapping.map({ a: 'x', n: 1_000_000 });
    expect(attack.text).toBe('{}');
    expect(attack.errors.map(({ message }) => message)).toEqual(Array.from({ length: 20 }, () => usedUp));
    expect(mapping.map({ a: 'x', n: 20 }).output).toMatchObject({ f0: 12_800, f19: 12_800 });
    expect(mapping.map({ a: 'x', n: 1_000_000 }).errors).toHaveLength(20);
  });

  it.each<[what: string, source: string, times?: number]>([
    ['padding', 'size_of(rpad(a, 1000000, "b"))'],
    ['ranges', 'size_of(1..100000)'],
    ['methods', 'm.toUpperCase().length()'],
    ['sums of texts', 'size_of(m + a)'],
    ['templates', 'size_of(`#{left(m, 500000)}`)'],
    ['parts of texts', 'size_of(split(csv, ","))'],
    ['parts between patterns', 'size_of(explode(csv, ","))'],
    ['replacements', 'size_of(replacestr(csv, ",", ";"))'],
    ['JSON', 'size_of(json_to_object(json))'],
    ['flat lists', 'size_of(flattenArray(list))'],
    ['texts of lists', 'size_of(list + a)'],
    ['comparisons', 'm < csv'],
    ['keys', 'o[m]'],
    ['sets', `size_of({${Array.from({ length: 1000 }, (_, index) => index).join(',')}})`],
    ['patterns', 'm =~ "(x|y)*"'],
    ['new patterns', 'transformArray(1..2000, x -> a =~ (x + "+"))', 1],
    ['identities', 'mixpanel_identity_map(left(m, 300000), null, null)'],
    ['user agents', 'size_of(transformArray(1..4500, x -> ua_os_name(concat(a, x))))', 1],
    [
      'zones',
      'size_of(transformArray(1..4500, x -> make_date_time(x, 1, 1, 0, 0, 0, 0, "Europe/Paris")))',
      1,
    ],
    ['dates', 'size_of(transformArray(1..26000, x -> date("2020-10-23T11:24:00.123Z")))', 1],
    ['the length of lambdas', `size_of(transformArray(1..10000, x -> ${'x * '.repeat(100)} 0))`, 1],
    ['long numbers beside lists', 'numbers.contains(n)', 1],
    ['long numbers', 'size_of(filterArray(1..16000, x -> n == n))', 1],
  ])('count %s', (_, source, times = 40) => {
    const list = Array.from({ length: 20_000 }, () => ({ k: 'v' }));
    const numbers = Array.from({ length: 40_000 }, (_, index) => index);
    const csv = 'ab,'.repeat(33_000);
    const record = { a: 'x', m: million, csv, json: `["${csv}"]`, list, o: {}, n: 10n ** 30n, numbers };
    expect(evaluate(source, record).error).toBeUndefined();
    // Seven of eight parts of the steps are taken already.
    const taken = Array.from({ length: 7 }, (_, index) =>
      expression('size_of(lpad(a, 1000000, "b"))', `taken${index}`),
    );
    const { errors } = mapWith([...taken, ...rules(source, times)], record);
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set([usedUp]));
  });

  it('leave as many again for small work, and then end that too', () => {
    const long = expression('instr(m, concat(half, "b", half))', 'long');
    const short = rules(`last(${Array.from({ length: 500 }, () => 'trim(a)').join(',')})`, 253);
    const record = { m: million, half: million.slice(0, 250_000), a: 'x'.repeat(64) };
    const { errors } = mapWith([long, ...short], record);
    // Each reads and makes 64 characters 500 times: 250 rules take all that there is.
    expect(errors.map(({ rule, message }) => [rule, message])).toEqual(
      [0, 251, 252, 253].map((rule) => [rule, usedUp]),
    );
  });

  it.each([
    // Each place of the text fits half of what is looked for.
    'instr(m, concat(half, "b", half))',
    'm.indexOf(concat(half, "b", half))',
    'm.lastIndexOf(concat(half, "b"))',
    'm.contains(concat(half, "b", half))',
    'replacestr(m, concat(half, "b", half), "")',
    'str_to_object(m, concat(half, "b", half))',
    // Each match looks at all the rest first.
    `explode(m, "a.*${'b'.repeat(200)}|a")`,
    `m.split("a.*${'b'.repeat(200)}|a")`,
    `m.replaceAll("a.*${'b'.repeat(200)}|a", "")`,
    'matches_regex(m, "(a?){500}b")',
    'extract_regex(m, "(a?){500}b")',
  ])('are used up at once by %s', (source) => {
    expect(evaluate(source, { m: million, half: 'a'.repeat(250_000) }).error).toBe(usedUp);
  });

  it.each([
    ['matches_regex("a", "(a?){1000}b")', 'the regular expression is too large'],
    ['matches_regex("a", lpad("", 5000, "a"))', 'a regular expression of more than 4096 characters'],
    ['join(lpad("", 1000, "-"), 1..100000)', 'a text of more than 1048576 characters'],
    ['array_to_string(lpad("", 1000, "-"), 1..100000)', 'a text of more than 1048576 characters'],
  ])('are not taken by %s, which is too large by itself', (source, message) => {
    expect(evaluate(source).error).toBe(message);
  });

  it('bound the row: text that thousands of rules copy is an error of the later ones', () => {
    const copies = Array.from({ length: 600 }, (_, index) => attribute('m', `f${index}`));
    const { text = '', errors } = mapWith(copies, { m: million });
    expect(text.length).toBeLessThan(17_000_000);
    expect(errors).toHaveLength(584);
    const others = rules('mixpanel_other_properties(properties)', 40);
    expect(mapWith(others, { properties: { m: million } }).errors.length).toBeGreaterThan(30);
    const elements = Array.from({ length: 40 }, (_, index) => attribute('list[*].m', `list[*].f${index}`));
    expect(mapWith(elements, { list: [{ m: million }] }).errors.length).toBeGreaterThan(30);
  });

  it('are not met by the largest event that Mixpanel takes, nor by a line of eight times as much', () => {
    const connector = { id: 'a', timestamp: '2026-03-08T10:15:00.250Z', source: 's', projectId: '1' };
    for (const name of ['default', 'adobe-mixpanel-source']) {
      const file = new URL(`../../../../mappings/${name}.json`, import.meta.url);
      const set = parseMappingSet(readFileSync(file, 'utf8'), { variables: { TENANT: 'acme' } });
      for (const length of [4_000, 32_000]) {
        const properties = Object.fromEntries(
          Array.from({ length: 255 }, (_, index) => [`property ${index}`, 'x'.repeat(length)]),
        );
        const { text = '', errors } = compileMapping(set).map({ event: 'e', properties, connector });
        expect(errors).toEqual([]);
        if (name === 'default') expect(text.length).toBeGreaterThan(255 * length);
      }
    }
  });

  it('suffice for many rules on many long properties', () => {
    const sources = [
      'sha256(lower(trim(NAME)))',
      'size_of(split(NAME, " "))',
      'size_of(explode(NAME, "\\\\s+"))',
      'matches_regex(NAME, "(word|in|it| )*")',
      'size_of(transformArray(split(NAME, " "), word -> word.toUpperCase()))',
    ];
    // Mixpanel cuts texts off at 255 characters.
    const properties = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`p${index}`, 'word in it '.repeat(23)]),
    );
    const all = Object.keys(properties).flatMap((name) =>
      sources.map((source, kind) =>
        expression(source.replace('NAME', `properties.${name}`), `${name}.f${kind}`),
      ),
    );
    const { output, errors } = mapWith(all, { properties });
    expect(errors).toEqual([]);
    expect(output).toMatchObject({ p99: { f1: 69, f2: 70, f3: true, f4: 69 } });
  });
});
