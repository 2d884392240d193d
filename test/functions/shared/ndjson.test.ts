import { describe, expect, it } from 'vitest';
import { createLineScanner, LineTooLongError } from '../../../functions/shared/ndjson.ts';
import fc from '../../support/seeded-fast-check.ts';

/** Feeds the text in pieces of these sizes, again and again. */
function scan(text: string | Buffer, sizes: readonly number[], maxLineBytes?: number) {
  const scanner = createLineScanner(maxLineBytes);
  const bytes = Buffer.from(text);
  const lines: string[] = [];
  let turn = 0;
  for (let start = 0; start < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    lines.push(...scanner.push(bytes.subarray(start, start + size)).map(String));
    start += size;
  }
  return { lines, rest: scanner.end()?.toString() };
}

const anyText = fc.array(fc.constantFrom('a', '{}', '\n', '\r', '\u2028', '\u0085', 'é', '😀', ''), {
  maxLength: 60,
});
const anySizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('the line scanner', () => {
  it('finds the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(anyText, anySizes, (words, sizes) => {
        const expected = words.join('').split('\n');
        const rest = expected.pop();
        expect(scan(words.join(''), sizes)).toEqual({
          lines: expected,
          rest: rest === '' ? undefined : rest,
        });
      }),
    );
  });

  it('splits on no other line break of Unicode', () => {
    const text = '{"a":"\u2028\u2029\u0085\r\f\v"}';
    expect(scan(`${text}\n`, [1])).toEqual({ lines: [text], rest: undefined });
  });

  it('keeps empty lines', () => {
    expect(scan('\n\na\n', [2]).lines).toEqual(['', '', 'a']);
  });

  it('takes a line of exactly the longest length and refuses one byte more', () => {
    expect(scan(`${'x'.repeat(10)}\n`, [3], 10).lines).toEqual(['x'.repeat(10)]);
    expect(() => scan(`${'x'.repeat(11)}\n`, [3], 10)).toThrow(LineTooLongError);
    expect(() => scan(`${'x'.repeat(11)}\n`, [100], 10)).toThrow(LineTooLongError);
  });

  it('refuses an endless line without waiting for its end', () => {
    expect(() => scan('x'.repeat(100), [7], 10)).toThrow(LineTooLongError);
  });
});
