import type { Token } from './tokens.ts';

/** Whether the token is this operator. */
export function isOperator(token: Token, text: string): boolean {
  return token.kind === 'operator' && token.text === text;
}

/** Whether the token is this word. */
export function isName(token: Token, text: string): boolean {
  return token.kind === 'name' && token.text === text;
}

/** The token's name in a message. Texts are not quoted: a rule may hold what nobody should read in a log. */
export function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end';
    case 'number':
      return 'a number';
    case 'string':
      return 'a text';
    case 'template':
      return 'a template';
    case 'regex':
      return 'a regular expression';
    case 'path':
      return 'a field';
    default:
      return `"${token.text}"`;
  }
}
