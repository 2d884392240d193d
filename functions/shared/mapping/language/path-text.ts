import { SyntaxProblem } from './syntax-problem.ts';

/** One step of a path: a key of an object, a place in a list, or every place of a list. */
export type Segment =
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'each' };

/** An index beyond this would make a list of empty places; Platform advises at most ten entries in a list. */
const maxIndex = 9_999;

/**
 * Reads a path as sources and destinations write it: `a.b[0].c`, `list[*].x`, `a\.b` for a key with a dot, and
 * `${First Name}` for keys with odd characters (dots inside still separate, unless escaped).
 *
 * @throws {SyntaxProblem} at the place where the text stops being a path.
 */
export function parsePath(text: string): Segment[] {
  return new PathReader(text).read();
}

class PathReader {
  private readonly text: string;
  private at = 0;
  private readonly segments: Segment[] = [];

  constructor(text: string) {
    this.text = text;
  }

  read(): Segment[] {
    if (this.text === '') throw new SyntaxProblem('expected a path, found nothing', 0);
    for (;;) {
      this.key();
      while (this.text[this.at] === '[') this.bracket();
      if (this.at === this.text.length) return this.segments;
      if (this.text[this.at] !== '.')
        throw new SyntaxProblem(`expected "." or "[", found "${this.text[this.at]}"`, this.at);
      this.at += 1;
    }
  }

  private key(): void {
    if (this.text.startsWith('${', this.at)) {
      this.wrapped();
      return;
    }
    const start = this.at;
    const name = this.characters((character) => character !== '.' && character !== '[');
    if (name === '') throw new SyntaxProblem('expected the name of a field', start);
    this.segments.push({ kind: 'key', name });
  }

  private wrapped(): void {
    const start = this.at;
    const end = closingBrace(this.text, start);
    const inner = this.text.slice(start + 2, end);
    if (inner.includes('${'))
      throw new SyntaxProblem('a field in braces inside another', start + 2 + inner.indexOf('${'));
    try {
      this.segments.push(...parsePath(inner));
    } catch (error) {
      throw error instanceof SyntaxProblem ? new SyntaxProblem(error.message, start + 2 + error.at) : error;
    }
    this.at = end + 1;
  }

  private bracket(): void {
    const end = this.text.indexOf(']', this.at);
    const inner = this.text.slice(this.at + 1, end === -1 ? undefined : end).trim();
    const quoted = /^(['"])(.*)\1$/s.exec(inner);
    if (end === -1) throw new SyntaxProblem('expected "]"', this.text.length);
    if (inner === '*') this.segments.push({ kind: 'each' });
    else if (quoted !== null) this.segments.push({ kind: 'key', name: quoted[2] ?? '' });
    else if (/^\d{1,9}$/.test(inner) && Number(inner) <= maxIndex)
      this.segments.push({ kind: 'index', index: Number(inner) });
    else throw new SyntaxProblem(`expected an index up to ${maxIndex} or "*" in brackets`, this.at + 1);
    this.at = end + 1;
  }

  /** A backslash takes the character after it as it is. */
  private characters(belongs: (character: string) => boolean): string {
    let name = '';
    while (this.at < this.text.length) {
      const character = this.text[this.at] ?? '';
      if (character === '\\' && this.at + 1 < this.text.length) {
        name += this.text[this.at + 1];
        this.at += 2;
        continue;
      }
      if (!belongs(character)) break;
      if (this.text.startsWith('${', this.at)) {
        throw new SyntaxProblem('this variable has no value here; a wrapped name stands alone', this.at);
      }
      name += character;
      this.at += 1;
    }
    return name;
  }
}

/** Where the `}` of a `${` stands. @throws {SyntaxProblem} when there is none. */
export function closingBrace(text: string, start: number): number {
  for (let at = start + 2; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '}') return at;
  }
  throw new SyntaxProblem('expected "}" to end "${"', start);
}

/** The path in its normal spelling, for messages and as a key. */
export function pathText(segments: readonly Segment[]): string {
  return segments.reduce((text, segment) => {
    if (segment.kind === 'index') return `${text}[${segment.index}]`;
    if (segment.kind === 'each') return `${text}[*]`;
    const name = segment.name.replaceAll(/[\\.[]/g, '\\$&');
    return text === '' ? name : `${text}.${name}`;
  }, '');
}
