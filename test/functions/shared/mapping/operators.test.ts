import { describe, expect, it } from 'vitest';
import { evaluate, wrapped } from './builders.ts';

/** Expression, result in the lenient mode, result in the strict mode where it differs. "error" is any error. */
const cases: readonly (readonly [expression: string, lenient: unknown, strict?: unknown])[] = [
  ['1 / 2', 0],
  ['7 div 2', 3],
  ['10/4.0', 2.5],
  ['-7 % 3', -1],
  ['-7 mod 3', -1],
  ['3 / "2"', 1],
  ['2147483647 + 1', 2147483648],
  ['concat(9223372036854775807 + 1)', '9223372036854775808'],
  ['"1" + 2', 3, '12'],
  ["'5' + '2'", '52'],
  ['"a" + 1', 'a1'],
  ["'5' * '2'", 10],
  ["'5' - 2", 3],
  ['"x" * 2', 'error'],
  ['null + 1', 1, 'error'],
  ['null + "a"', 'a', 'error'],
  ['null * 2', 0, 'error'],
  ['null + null', 0, 'error'],
  ['1 / 0', 0, 'error'],
  ['1 == "1"', true],
  ['1 == 1.0', true],
  ['"a" == \'a\'', true],
  ['true == "true"', true],
  ['true == 1', true],
  ['true == "yes"', true],
  ["'' == 0", true],
  ["'1.0' == 1", true],
  ["'abc' == 0", 'error'],
  ['"a" < 1', 'error'],
  ['null == null', true],
  ['null == 0', false],
  ["'' == null", false],
  ['false == null', false],
  ['missing == null', true, 'error'],
  ['missing.x == null', true, 'error'],
  ['missing ? 1 : 2', 2],
  ['missing ?: "d"', 'd'],
  ['a.missing == null', true],
  ['null < 1', false],
  ['null > 1', false],
  ['null <= 1', false],
  ['null <= null', true],
  ['"10" < "9"', true],
  ['10 < "9"', false],
  ['!null', true, 'error'],
  ['not null', true, 'error'],
  ['true and null', false, 'error'],
  ['missing ?? "d"', 'd'],
  ['"" ?: "d"', 'd'],
  ['"" ?? "d"', ''],
  ['"" ? 1 : 2', 2],
  ['0 ? 1 : 2', 2],
  ['"false" ? 1 : 2', 2],
  ['"abcdef" =~ "abc.*"', true],
  ['"abcdef" =~ "bc"', false],
  ['"a" =~ ["a","b"]', true],
  ['"c" !~ ["a","b"]', true],
  ['"k" =~ {"k": 1}', true],
  ['"a" =~ [1, true, null]', false],
  ['1 =~ ["1"]', true],
  ['"abc" =^ "ab"', true],
  ['"abc" !^ "ab"', false],
  ['"abc" =$ "bc"', true],
  ['"abc" !$ "bc"', false],
  ['"a1" =~ ~/[a-z]\\d/', true],
  ['~44', -45],
  ['5 ^ 1', 4],
  ['5 & 4', 4],
  ['5 | 2', 7],
  ['[1,2][5] == null', true],
  ['list[-1] == null', true],
  ['[1,2] == [1,2]', false],
  ['"abc".length()', 3],
  ['"abc".substring(1)', 'bc'],
  ['"abc".contains(\'b\')', true],
  ['"abc".toUpperCase()', 'ABC'],
  ['"a,b".split(",")', ['a', 'b']],
  ['missing.length() == null', true, 'error'],
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['1 < 2 and 2 < 3', true],
  ['1 lt 2 or boom.x gt 3', true],
  ['010', 8],
  ['0x10', 16],
  ['42l + 1h', 43],
  ['1e3', 1000],
  ['concat(4.0)', '4.0'],
  ['1..3', [1, 2, 3]],
  ['{1, 2, 1}', [1, 2]],
  ['{"k": "v", j: 2}', { k: 'v', j: 2 }],
  ['{:}', {}],
  ['empty("") and empty([]) and empty(null)', true],
  ['size([1,2])', 2],
  ['size "abc"', 3],
  ["'it\\'s' + \"\\u0041\\n\"", "it'sA\n"],
  ["'\\d\\\\|'", '\\d\\|'],
  [`\`Hello ${wrapped('a.name')}, ${wrapped('1 + 1')}\``, 'Hello Ann, 2'],
  ['list.0 + list[1]', 30],
  ["a.'odd name'", 'odd'],
  ["a['name']", 'Ann'],
  ['a?.name', 'Ann'],
  ['/* comment */ 1 // end', 1],
  ['-a.n', -5],
  ['- -a.n', 5],
  ['+"7"', 7],
  ['a.n > 3 ? "big" : "small"', 'big'],
  ['false ? 1 : true ? 2 : 3', 2],
  ['!$flag', false],
];

const record = { a: { name: 'Ann', n: 5, 'odd name': 'odd' }, list: [10, 20], $flag: true };

describe('operators and literals', () => {
  it.each(cases.map(([expression, lenient, strict]) => ({ expression, lenient, strict })))(
    '$expression',
    ({ expression, lenient, strict }) => {
      for (const [mode, expected] of [
        [false, lenient],
        [true, strict ?? lenient],
      ] as const) {
        const { value, error } = evaluate(expression, record, { strict: mode });
        if (expected === 'error') expect(error).toBeDefined();
        else expect({ value, error }).toEqual({ value: expected, error: undefined });
      }
    },
  );

  it('evaluates only the branch that is taken', () => {
    expect(evaluate('iif(true, 1, "x" * 2)')).toEqual({ value: 1 });
    expect(evaluate('false ? "x" * 2 : 2')).toEqual({ value: 2 });
    expect(evaluate('true or "x" * 2')).toEqual({ value: true });
    expect(evaluate('coalesce(1, "x" * 2)')).toEqual({ value: 1 });
    expect(evaluate('decode("a", "a", 1, "x" * 2)')).toEqual({ value: 1 });
  });
});
