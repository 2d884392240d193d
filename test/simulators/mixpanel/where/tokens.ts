/** Text that is no filter expression, or one that this server does not understand. */
export class WhereError extends Error {
  override readonly name = 'WhereError';
}

/** A word of an expression. */
export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'sign'; readonly value: string };

const pattern =
  /\s*(?:(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<name>[A-Za-z_]\w*)|(?<sign>==|!=|>=|<=|[-+*/%<>()[\],]))/y;

/** Longer filters are refused: a URL could hardly carry them. */
const maxLength = 10_000;

/** @throws {WhereError} at the first character that begins no token. */
export function tokensOf(text: string): Token[] {
  if (text.length > maxLength) throw new WhereError('expression is too long');
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ''; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) throw new WhereError(`unexpected character at position ${at}`);
    tokens.push(tokenOf(groups));
  }
  return tokens;
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>): Token {
  if (groups.number !== undefined) return { kind: 'number', value: Number(groups.number) };
  if (groups.string !== undefined) return { kind: 'string', value: unquoted(groups.string) };
  if (groups.name !== undefined) return { kind: 'name', value: groups.name };
  return { kind: 'sign', value: groups.sign ?? '' };
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
}
