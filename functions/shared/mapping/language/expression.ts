import type { Real } from '../values/real.ts';

/** Offset into the expression's text, for messages. */
export interface Located {
  readonly at: number;
}

export type Literal = null | boolean | number | bigint | string | Real;

/** Operators as the compiler knows them; the parser turns every spelling (`eq`, `div`, `mod` …) into these. */
export type BinaryOperator =
  | '||'
  | '&&'
  | '|'
  | '^'
  | '&'
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '=~'
  | '!~'
  | '=^'
  | '!^'
  | '=$'
  | '!$'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '..'
  | '?:'
  | '??';

export type UnaryOperator = '-' | '+' | '~' | '!' | 'empty' | 'size';

/** A parsed expression of the mapping language. */
export type Expression = Located &
  (
    | { readonly kind: 'literal'; readonly value: Literal }
    | { readonly kind: 'regex'; readonly pattern: string }
    | { readonly kind: 'template'; readonly parts: readonly (string | Expression)[] }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'member'; readonly object: Expression; readonly name: string }
    | { readonly kind: 'index'; readonly object: Expression; readonly index: Expression }
    | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
    | {
        readonly kind: 'method';
        readonly object: Expression;
        readonly name: string;
        readonly args: readonly Expression[];
      }
    | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expression }
    | {
        readonly kind: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'choice';
        readonly test: Expression;
        readonly yes: Expression;
        readonly no: Expression;
      }
    | { readonly kind: 'array' | 'set'; readonly items: readonly Expression[] }
    | { readonly kind: 'map'; readonly entries: readonly (readonly [Expression, Expression])[] }
    | { readonly kind: 'lambda'; readonly parameters: readonly string[]; readonly body: Expression }
  );

/** The expressions directly inside an expression. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'regex':
    case 'name':
      return [];
    case 'template':
      return expression.parts.filter((part) => typeof part !== 'string');
    case 'member':
      return [expression.object];
    case 'index':
      return [expression.object, expression.index];
    case 'call':
      return expression.args;
    case 'method':
      return [expression.object, ...expression.args];
    case 'unary':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'choice':
      return [expression.test, expression.yes, expression.no];
    case 'array':
    case 'set':
      return expression.items;
    case 'map':
      return expression.entries.flat();
    case 'lambda':
      return [expression.body];
  }
}
