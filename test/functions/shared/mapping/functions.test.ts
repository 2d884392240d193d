import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { allFunctions } from '../../../../functions/shared/mapping/functions/index.ts';
import { evaluate, result } from './builders.ts';

/** Expressions with what they give; null stands for no value, "error" for any error. */
const cases: readonly (readonly [expression: string, expected: unknown])[] = [
  ['concat("a", null, 1, true, [1,2], {"k": null})', 'a1true[1,2]{"k":null}'],
  ['explode("a,b,,c,")', ['a', 'b', '', 'c', '']],
  ['explode("a1b22c", "\\d+")', ['a', 'b', 'c']],
  ['split("a-b_c--d", "-_")', ['a', 'b', 'c', 'd']],
  ['instr("abcabc", "c", 3)', 5],
  ['instr("abcabc", "c", 0, 2)', 5],
  ['instr("abc", "z")', -1],
  ['replacestr("a.b.c", ".", "$&")', 'a$&b$&c'],
  ['substr("abc", 1)', 'bc'],
  ['substr("abc", 5, 2)', ''],
  ['lpad("bat", 8, "")', '     bat'],
  ['lpad("batman", 3, "x")', 'batman'],
  ['left("abc", 10)', 'abc'],
  ['left("abc", -1)', ''],
  ['right("abc", 10)', 'abc'],
  ['right("abc", 0)', ''],
  ['lower(5)', '5'],
  ['lower(null)', null],
  ['lower([1])', 'error'],
  ['join(",", null)', null],
  ['extract_regex("id=42;", "id=(\\d+)(x)?")', ['id=42', '42', null]],
  ['extract_regex("none", "\\d")', null],
  ['matches_regex("abc", "b")', false],
  ['matches_regex("2026-03", "\\d{4}-\\d{2}")', true],
  ['matches_regex("a", "(")', 'error'],
  ['matches_regex("aa", "(a)\\1")', 'error'],
  [
    'sha1("é", "ISO-8859-1")',
    createHash('sha1')
      .update(Buffer.from([0xe9]))
      .digest('hex'),
  ],
  ['sha1("é", "US-ASCII")', createHash('sha1').update('?').digest('hex')],
  [
    'md5("a", "UTF-16")',
    createHash('md5')
      .update(Buffer.from([0xfe, 0xff, 0, 0x61]))
      .digest('hex'),
  ],
  ['md5("a", "KOI8-R")', 'error'],
  ['hash("SHA-256", "a")', createHash('sha256').update('a').digest('hex')],
  ['hash("whirlpool", "a")', 'error'],
  ['get_url_protocol("no url")', null],
  ['get_url_host("https://user:pw@Example.com:8443/x")', 'Example.com'],
  ['get_url_port("https://example.com:8443/x")', 8443],
  ['get_url_port("http://example.com")', 80],
  ['get_url_path("https://example.com/a/b.html?q=1", false)', 'b.html'],
  ['get_url_query_str("https://e.com/?utm_source=x%20y&b", "remove").get("utm_source")', 'x y'],
  ['get_url_query_str("https://e.com/?a=%zz", "sideways")', 'error'],
  ['get_url_encoded("a b!\'()*~|ü")', 'a%20b%21%27%28%29%2A%7E%7C%C3%BC'],
  ['get_url_decoded("%zz")', 'error'],
  ['is_empty("")', true],
  ['is_empty({:})', true],
  ['is_empty(0)', false],
  ['arrays_to_objects("a", [1,2], "b", ["x"])', [{ a: 1, b: 'x' }, { a: 2 }]],
  ['to_object("a", 1, "b")', 'error'],
  ['to_map(null)', null],
  ['get_keys(null)', null],
  ['map_get_values({"a": 1, "b": 2}, ["a", "z"])', [1, null]],
  ['map_has_keys({"a": 1}, ["z", "a"])', true],
  ['contains_key("o.k")', true],
  ['contains_key("o.none.x")', false],
  ['contains_key(concat("o.", "k"))', true],
  ['contains_key("o..k")', 'error'],
  ['decode("1.0", "1", "one", "none")', 'none'],
  ['decode("1.0", 1, "one", "none")', 'one'],
  ['is_set("list[1]")', true],
  ['array_to_map(null, "type")', null],
  ['object_to_map(null)', null],
  ['json_to_object("{\\"a\\": [1, 2]}")', { a: [1, 2] }],
  ['json_to_object("not json")', 'error'],
  ['concat(json_to_object("[9007199254740993]").get(0))', '9007199254740993'],
  ['decode(1, "1", "one", "other")', 'one'],
  ['decode("x", "a", 1)', null],
  ['decode(null, "a", 1, "none")', 'none'],
  ['decode(true, "x", 1, "true", 2)', 2],
  ['decode(1.0, 1, "one")', 'one'],
  ['first(null)', null],
  ['last([])', null],
  ['min("b", "a")', 'a'],
  ['max([3, 10, 2])', 10],
  ['size_of(null)', 0],
  ['to_array(true, 1, null)', [1, null]],
  ['filterArray(list, (x) -> { x > 10 })', [20]],
  ['transformArray(list, x -> {"v": x})', [{ v: 10 }, { v: 20 }]],
  ['transformArray([[1],[2]], a -> transformArray(a, b -> a[0] + b))', [[2], [4]]],
  ['transformArray(list, x -> decode(concat(x), "10", "ten", "more"))', ['ten', 'more']],
  ['to_integer("12.7")', 12],
  ['to_integer(" 7 ")', 7],
  ['to_integer("")', null],
  ['to_integer("3000000000")', 'error'],
  ['to_bigint("3000000000")', 3000000000],
  ['to_decimal("20") / 8', 2.5],
  ['to_float("0.1")', 0.1],
  ['to_decimal("x")', 'error'],
  ['mixpanel_id("  null ")', null],
  ['mixpanel_id("u1")', 'u1'],
  [
    'mixpanel_identity_map(null, "$device:d", "u")',
    {
      MIXPANELDEVICE: [{ id: 'd', authenticatedState: 'ambiguous', primary: true }],
      MIXPANEL: [{ id: 'u', authenticatedState: 'ambiguous', primary: false }],
    },
  ],
  ['o.get("k")', 'v'],
  ['list.get(1)', 20],
  ['list.contains(20)', true],
  ['o.containsKey("k")', true],
  ['o.keySet()', ['k']],
  ['"a-b".replace("-", "$1")', 'a$1b'],
  ['"ABC".toLowerCase().startsWith("ab")', true],
  ['"abc".substring(5)', 'error'],
  ['aa_get_event_value("event1,scOpen", "scOpen")', '1'],
  ['aa_get_event_id("event1", "event1")', null],
  ['aa_get_event_id("event1", "event2")', null],
  ['aa_get_product_names(null)', null],
];

const record = { o: { k: 'v' }, list: [10, 20] };

describe('functions', () => {
  it.each(cases)('%s', (source, expected) => {
    const { value, error } = evaluate(source, record);
    if (expected === 'error') expect(error).toBeDefined();
    else expect({ value: value ?? null, error }).toEqual({ value: expected, error: undefined });
  });

  it('take the time and random ids from the world they are given', () => {
    const world = { clock: () => 1_571_850_624_571, uuid: () => '7c0267d2-bb74-4e1a-9275-3bf4fccda5f4' };
    expect(result('now()', {}, world)).toBe('2019-10-23T17:10:24.571Z');
    expect(result('timestamp()', {}, world)).toBe(1_571_850_624_571);
    expect(result('uuid()', {}, world)).toBe(world.uuid());
    expect(result('guid()')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect(result('zone_date_to_zone(now(), "Europe/Paris")', {}, world)).toBe(
      '2019-10-23T19:10:24.571+02:00',
    );
  });

  it.each([...allFunctions({ clock: () => 0, uuid: () => '' })])(
    '%s takes nulls without a failure of its own',
    (name, spec) => {
      const nulls = Array.from({ length: Math.min(spec.max, spec.min + 1) }, () => 'null').join(', ');
      const { error } = evaluate(`${name}(${nulls})`);
      expect(error ?? '').not.toBe('the expression failed');
    },
  );

  it('never quote a value in an error', () => {
    const secret = { v: 'hunter2-secret', o: { 'hunter2-key': 1 } };
    const sources = [
      'to_integer(v)',
      'json_to_object(v)',
      'date(v)',
      'v * 2',
      'matches_regex("x", concat("(", v))',
      'sha1("x", v)',
      'date_part(v, now())',
      'dformat(1, v)',
      'lower(o)',
      'resolve.x.get(v)',
      'zone_date_to_zone(now(), v)',
    ];
    for (const source of sources) expect(evaluate(source, secret).error ?? '').not.toContain('hunter2');
  });

  it('refuse to make more than a bounded amount of text or elements', () => {
    const big = { s: 'x'.repeat(1000), list: Array.from({ length: 2000 }, (_, index) => index) };
    expect(evaluate('lpad(s, 2000000000, "x")', big).error).toContain('characters');
    expect(evaluate('replacestr(s, "x", concat(s, s))', big).error).toContain('characters');
    expect(evaluate('1..2000000000', big).error).toContain('elements');
    expect(evaluate('transformArray(list, a -> transformArray(list, b -> a))', big).error).toContain('steps');
  });

  it.each([
    'transformArray(list, a -> s + a)',
    'transformArray(list, a -> {"k": [s + a]})',
    'transformArray(list, a -> `#{s}#{a}`)',
    'transformArray(list, a -> size_of(lower(s)))',
    'filterArray(list, a -> s.toUpperCase().length() > a)',
    'transformArray(list, a -> split(t, ","))',
  ])('count texts and lists of lambdas as steps: %s', (source) => {
    const list = Array.from({ length: 2000 }, (_, index) => index);
    const texts = { s: 'x'.repeat(20_000), t: 'x,'.repeat(10_000), list };
    expect(evaluate(source, texts).error).toContain('steps');
  });

  it.each([
    's.replaceAll("x", s)',
    's.replaceAll(".+", "$0$0$0")',
    's.concat(s).concat(s)',
    's.split("")',
    'arrays_to_objects("a", list, "b", list, "c", list)',
  ])('are not made to fill the memory by %s', (source) => {
    const big = { s: 'x'.repeat(400_000), list: Array.from({ length: 50_000 }, () => 1) };
    expect(evaluate(source, big).error).toMatch(/characters|elements|fields/);
  });

  it('match patterns in linear time', () => {
    const start = process.cpuUsage().user;
    expect(result('matches_regex(s, "(a+)+b")', { s: 'a'.repeat(5000) })).toBe(false);
    // A backtracking matcher would not end in the lifetime of this machine; ten seconds are a generous line.
    expect(process.cpuUsage().user - start).toBeLessThan(10_000_000);
  });
});
