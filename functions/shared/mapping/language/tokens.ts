import { type Real, real } from '../values/real.ts';
import { closingBrace, parsePath, type Segment } from './path-text.ts';
import { SyntaxProblem } from './syntax-problem.ts';

export type Token = { readonly at: number; readonly end: number } & (
  | { readonly kind: 'number'; readonly value: number | bigint | Real }
  | { readonly kind: 'string' | 'template' | 'regex' | 'name' | 'operator'; readonly text: string }
  | { readonly kind: 'path'; readonly segments: readonly Segment[] }
  | { readonly kind: 'end' }
);

/** Longest first: `=` alone must not eat the beginning of `=~`. */
const operators = [
  ...['->', '?:', '??', '?.', '==', '!=', '<=', '>=', '=~', '!~', '=^', '!^', '=$', '!$', '&&', '||', '..'],
  ...['?', ':', '<', '>', '+', '-', '*', '/', '%', '!', '~', '&', '|', '^', '(', ')', '[', ']', '{', '}'],
  ...[',', '.', ';', '='],
];

/** Blanks and both kinds of comments. */
const skipped = /(?:\s+|\/\/[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)+/y;
/** Names as Java has them; a `$` is a letter like others. */
const word = /[\p{L}$_][\p{L}\p{Nd}$_]*/uy;
/** A leading zero is octal; `l`, `h` and `b` only name Java's types, whose range is kept anyway. */
const number = /(?:0[xX][0-9a-fA-F]+|(\d+)(\.\d+)?([eE][+-]?\d+)?)([lLhHfFdDbB]?)/y;
const integerKey = /\d+/y;
const simpleEscapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };

/** Splits an expression's text into tokens, one at a time. */
export class Tokens {
  readonly text: string;
  current: Token;

  constructor(text: string) {
    this.text = text;
    this.current = this.read(0, false);
  }

  /** Moves on; `afterDot` reads digits as a key, so that `x.0.1` is two keys and not one number. */
  advance(afterDot = false): Token {
    const token = this.current;
    this.current = this.read(token.end, afterDot);
    return token;
  }

  /** Takes only the first character of the current operator: `!$a` means `!` and `$a` where a value is expected. */
  splitOperator(): void {
    const { at } = this.current;
    this.current = { kind: 'operator', text: this.text[at] ?? '', at, end: at + 1 };
  }

  private read(from: number, afterDot: boolean): Token {
    const at = from + (matchAt(skipped, this.text, from)?.length ?? 0);
    const character = this.text[at];
    if (character === undefined) return { kind: 'end', at, end: at };
    if (character === '"' || character === "'") return this.string(at, character);
    if (character === '`') return { ...this.string(at, character), kind: 'template' };
    if (this.text.startsWith('${', at)) return this.path(at);
    if (this.text.startsWith('~/', at)) return this.regex(at);
    const name = matchAt(word, this.text, at);
    if (name !== undefined) return { kind: 'name', text: name, at, end: at + name.length };
    if (character >= '0' && character <= '9') return this.number(at, afterDot);
    const operator = operators.find((candidate) => this.text.startsWith(candidate, at));
    if (operator === undefined) throw new SyntaxProblem(`"${character}" has no meaning here`, at);
    // `a ?.5 : 1` can't be a safe access: no key begins with a digit after a question mark.
    const text = operator === '?.' && /\d/.test(this.text[at + 2] ?? '') ? '?' : operator;
    return { kind: 'operator', text, at, end: at + text.length };
  }

  private path(at: number): Token {
    const end = closingBrace(this.text, at);
    try {
      return { kind: 'path', segments: parsePath(this.text.slice(at + 2, end)), at, end: end + 1 };
    } catch (error) {
      throw error instanceof SyntaxProblem ? new SyntaxProblem(error.message, at + 2 + error.at) : error;
    }
  }

  private string(at: number, quote: string): Token & { readonly kind: 'string' | 'template' } {
    let text = '';
    for (let index = at + 1; index < this.text.length; index += 1) {
      const character = this.text[index] ?? '';
      if (character === quote) return { kind: 'string', text, at, end: index + 1 };
      if (character !== '\\') {
        text += character;
        continue;
      }
      index += 1;
      const escaped = this.text[index] ?? '';
      const code = escaped === 'u' ? /^[0-9a-fA-F]{4}/.exec(this.text.slice(index + 1)) : null;
      if (code !== null) {
        text += String.fromCharCode(Number.parseInt(code[0], 16));
        index += 4;
      } else if (escaped === quote || escaped === '\\') text += escaped;
      // An unknown escape keeps its backslash: '\d' reaches a regular expression as it is written.
      else text += simpleEscapes[escaped] ?? `\\${escaped}`;
    }
    throw new SyntaxProblem(`expected ${quote} to end the text that begins here`, at);
  }

  private regex(at: number): Token {
    let pattern = '';
    for (let index = at + 2; index < this.text.length; index += 1) {
      const character = this.text[index] ?? '';
      if (character === '/') return { kind: 'regex', text: pattern, at, end: index + 1 };
      if (character === '\\') {
        index += 1;
        const escaped = this.text[index] ?? '';
        pattern += escaped === '/' ? '/' : `\\${escaped}`;
      } else pattern += character;
    }
    throw new SyntaxProblem('expected / to end the regular expression that begins here', at);
  }

  private number(at: number, afterDot: boolean): Token {
    if (afterDot) {
      const key = matchAt(integerKey, this.text, at) ?? '0';
      return { kind: 'number', value: Number(key), at, end: at + key.length };
    }
    number.lastIndex = at;
    const match = number.exec(this.text);
    if (match === null) throw new SyntaxProblem('expected a number', at);
    const [text, digits, fraction, exponent, suffix = ''] = match;
    const end = at + text.length;
    // `1..3` is a range: the pattern takes a dot only with digits behind it.
    const isReal = fraction !== undefined || exponent !== undefined || /[fFdDbB]/.test(suffix);
    const body =
      digits === undefined ? text.replace(/[lLhH]$/, '') : text.slice(0, text.length - suffix.length);
    if (digits !== undefined && isReal) return { kind: 'number', value: real(Number(body)), at, end };
    return { kind: 'number', value: integerLiteral(body, at), at, end };
  }
}

function integerLiteral(text: string, at: number): number | bigint {
  const octal = /^0\d+$/.test(text);
  if (octal && /[89]/.test(text))
    throw new SyntaxProblem('a number that begins with 0 is octal: 8 and 9 are no digits of it', at);
  const value = BigInt(octal ? `0o${text.slice(1)}` : text);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
