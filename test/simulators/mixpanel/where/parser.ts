import { type Token, tokensOf, WhereError } from './tokens.ts';

/** Operators between two operands. */
export type BinaryOperator =
  | 'or'
  | 'and'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';
/** Functions and, under names of their own, the two unary operators. */
export type FunctionName =
  | 'floor'
  | 'round'
  | 'ceil'
  | 'boolean'
  | 'number'
  | 'string'
  | 'defined'
  | 'datetime'
  | 'not'
  | 'negative';

/** A parsed segmentation expression. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'property'; readonly of: 'properties' | 'user' | 'event'; readonly name: string }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly argument: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    };

/** Loosest first; operators of a level bind from the left. */
const levels: readonly (readonly BinaryOperator[])[] = [
  ['or'],
  ['and'],
  ['==', '!=', '<', '<=', '>', '>=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];
/** Below this level stands `not`: it takes a whole comparison with it. */
const notLevel = 2;
const functions = ['floor', 'round', 'ceil', 'boolean', 'number', 'string', 'defined', 'datetime'] as const;
const logical: readonly string[] = ['and', 'or', '==', '!=', '<', '<=', '>', '>=', 'in'];
/** Deeper nesting is refused rather than risk the stack. */
const maxDepth = 200;

/** @throws {WhereError} on anything outside the documented grammar, `and`/`or`/`not` on what can't be boolean included. */
export function parseWhere(text: string): Expression {
  const parser = new Parser(tokensOf(text));
  const expression = parser.level(0);
  parser.end();
  requireBoolean(expression, 'the expression');
  return expression;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  end(): void {
    const token = this.#tokens[this.#at];
    if (token !== undefined) throw new WhereError(`unexpected ${token.value}`);
  }

  level(index: number): Expression {
    this.#depth += 1;
    if (this.#depth > maxDepth * levels.length) throw new WhereError('expression is nested too deeply');
    const expression = this.#levelWithin(index);
    this.#depth -= 1;
    return expression;
  }

  #levelWithin(index: number): Expression {
    if (index === notLevel && this.#takeWord('not')) {
      const argument = this.level(notLevel);
      requireBoolean(argument, 'not');
      return { kind: 'call', name: 'not', argument };
    }
    const operators = levels[index];
    if (operators === undefined) return this.#operand();
    let left = this.level(index + 1);
    for (let operator = this.#takeOperator(operators); operator; operator = this.#takeOperator(operators)) {
      const right = this.level(index + 1);
      if (operator === 'and' || operator === 'or') {
        requireBoolean(left, operator);
        requireBoolean(right, operator);
      }
      left = { kind: 'binary', operator, left, right };
    }
    return left;
  }

  #operand(): Expression {
    if (this.#takeSign('-')) return { kind: 'call', name: 'negative', argument: this.level(levels.length) };
    if (this.#takeSign('(')) return this.#until(')', () => this.level(0));
    if (this.#takeSign('[')) return this.#list();
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new WhereError('unexpected end of the expression');
    this.#at += 1;
    if (token.kind === 'number' || token.kind === 'string') return { kind: 'literal', value: token.value };
    if (token.kind === 'name') return this.#named(token.value);
    throw new WhereError(`unexpected ${token.value}`);
  }

  #named(name: string): Expression {
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' };
    if (name === 'properties' || name === 'user' || name === 'event') {
      this.#expect('[');
      const token = this.#tokens[this.#at];
      if (token?.kind !== 'string') throw new WhereError(`${name}[…] needs a quoted name`);
      this.#at += 1;
      return this.#until(']', () => ({ kind: 'property', of: name, name: token.value }));
    }
    const known = functions.find((candidate) => candidate === name);
    if (known === undefined) throw new WhereError(`unknown name ${name}`);
    this.#expect('(');
    return this.#until(')', () => ({ kind: 'call', name: known, argument: this.level(0) }));
  }

  #list(): Expression {
    const items: Expression[] = [];
    if (this.#takeSign(']')) return { kind: 'list', items };
    do items.push(this.level(0));
    while (this.#takeSign(','));
    this.#expect(']');
    return { kind: 'list', items };
  }

  #until(sign: string, read: () => Expression): Expression {
    const expression = read();
    this.#expect(sign);
    return expression;
  }

  #takeOperator(operators: readonly BinaryOperator[]): BinaryOperator | undefined {
    // One of Mixpanel's own scripts writes AND and OR.
    const operator = operators.find((candidate) => this.#takeSign(candidate) || this.#takeWord(candidate));
    return operator;
  }

  #takeWord(word: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'name' || (token.value !== word && token.value !== word.toUpperCase())) return false;
    this.#at += 1;
    return true;
  }

  #takeSign(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.value !== sign) return false;
    this.#at += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takeSign(sign)) throw new WhereError(`expected ${sign}`);
  }
}

function requireBoolean(expression: Expression, where: string): void {
  if (!canBeBoolean(expression)) throw new WhereError(`${where} needs boolean operands`);
}

function canBeBoolean(expression: Expression): boolean {
  if (expression.kind === 'literal') return typeof expression.value === 'boolean';
  if (expression.kind === 'property') return true;
  if (expression.kind === 'binary') return logical.includes(expression.operator);
  return expression.kind === 'call' && ['boolean', 'defined', 'not'].includes(expression.name);
}
