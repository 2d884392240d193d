import type { Expression } from './expression.ts';
import { bindings, choiceLevel, unaryLevel, unaryOperators } from './grammar.ts';
import { type Parser, parsePrimary, stepsInto } from './parse-primary.ts';
import { SyntaxProblem } from './syntax-problem.ts';
import { describe, isOperator } from './token-tests.ts';
import { Tokens } from './tokens.ts';

/** Deeper nesting than any readable mapping has; it keeps the parser's and the compiler's recursion bounded. */
const maxDepth = 200;
/** Operators, or fields, that follow one another on a level: each is one level more for the compiler's recursion. */
const maxChain = 500;

/**
 * Parses an expression of the mapping language.
 *
 * @throws {SyntaxProblem} at the first place that can't be part of an expression.
 */
export function parseExpression(text: string): Expression {
  const parser = new ExpressionParser(new Tokens(text));
  return parser.whole();
}

class ExpressionParser implements Parser {
  readonly tokens: Tokens;
  private depth = 0;

  constructor(tokens: Tokens) {
    this.tokens = tokens;
  }

  whole(): Expression {
    const expression = this.expression();
    const rest = this.tokens.current;
    if (rest.kind === 'end') return expression;
    if (isOperator(rest, '=')) throw new SyntaxProblem('assignments are not part of a mapping', rest.at);
    if (isOperator(rest, ';')) throw new SyntaxProblem('a rule is one expression, without ";"', rest.at);
    throw new SyntaxProblem(`expected an operator or the end, found ${describe(rest)}`, rest.at);
  }

  expression(level = choiceLevel): Expression {
    this.depth += 1;
    if (this.depth > maxDepth) {
      throw new SyntaxProblem(`nested deeper than ${maxDepth} levels`, this.tokens.current.at);
    }
    let left = this.prefix();
    for (let links = 1; ; links += 1) {
      const next = this.infix(left, level);
      if (next === undefined) break;
      left = next;
      this.requireChain(links);
    }
    this.depth -= 1;
    return left;
  }

  private requireChain(links: number): void {
    if (links > maxChain) {
      throw new SyntaxProblem(
        `more than ${maxChain} operators, or fields, follow one another`,
        this.tokens.current.at,
      );
    }
  }

  /** Goes on from a left operand, if the next operator binds at least as strongly as asked for. */
  private infix(left: Expression, level: number): Expression | undefined {
    const token = this.tokens.current;
    if (token.kind !== 'operator' && token.kind !== 'name') return undefined;
    if (level <= choiceLevel) {
      if (token.text === '?') return this.choice(left);
      if (token.text === '?:' || token.text === '??') {
        this.tokens.advance();
        return { kind: 'binary', operator: token.text, left, right: this.expression(), at: token.at };
      }
    }
    const binding = bindings.get(token.text);
    if (binding === undefined || binding[0] < level) return undefined;
    const [own, operator] = binding;
    this.tokens.advance();
    const right = this.expression(own + 1);
    if (own === 7 || own === 8) this.refuseChain(own);
    return { kind: 'binary', operator, left, right, at: token.at };
  }

  private refuseChain(level: number): void {
    const token = this.tokens.current;
    if (token.kind !== 'operator' && token.kind !== 'name') return;
    const binding = bindings.get(token.text);
    if (binding?.[0] === level) {
      throw new SyntaxProblem(`"${token.text}" can't follow another comparison: use parentheses`, token.at);
    }
  }

  /** `? :` takes whole expressions on both sides, so that choices nest to the right. */
  private choice(test: Expression): Expression {
    const { at } = this.tokens.advance();
    const yes = this.expression();
    this.expect(':');
    return { kind: 'choice', test, yes, no: this.expression(), at };
  }

  private prefix(): Expression {
    const token = this.tokens.current;
    if (token.kind === 'operator' && (token.text === '!$' || token.text === '!^'))
      this.tokens.splitOperator();
    const head = this.tokens.current;
    const unary =
      head.kind === 'operator' || head.kind === 'name' ? unaryOperators.get(head.text) : undefined;
    if (unary === undefined) return this.postfix(parsePrimary(this));
    this.tokens.advance();
    return { kind: 'unary', operator: unary, operand: this.expression(unaryLevel), at: head.at };
  }

  /** What follows a value without a blank: fields, places, calls of methods. */
  private postfix(start: Expression): Expression {
    let object = start;
    for (let links = 1; ; links += 1) {
      this.requireChain(links);
      const token = this.tokens.current;
      if (isOperator(token, '.') || isOperator(token, '?.')) object = this.member(object);
      else if (isOperator(token, '[')) {
        this.tokens.advance();
        object = { kind: 'index', object, index: this.expression(), at: token.at };
        this.expect(']');
      } else return object;
    }
  }

  private member(object: Expression): Expression {
    const dot = this.tokens.advance(true);
    const token = this.tokens.advance();
    switch (token.kind) {
      case 'name':
        if (isOperator(this.tokens.current, '(')) {
          return { kind: 'method', object, name: token.text, args: this.args(), at: token.at };
        }
        return { kind: 'member', object, name: token.text, at: dot.at };
      case 'string':
        return { kind: 'member', object, name: token.text, at: dot.at };
      case 'number': {
        const index: Expression = { kind: 'literal', value: token.value, at: token.at };
        return { kind: 'index', object, index, at: dot.at };
      }
      case 'path':
        return stepsInto(object, token.segments, token.at);
      default:
        throw new SyntaxProblem(`expected the name of a field, found ${describe(token)}`, token.at);
    }
  }

  args(): Expression[] {
    this.tokens.advance();
    return this.list(')');
  }

  list(end: string): Expression[] {
    const items: Expression[] = [];
    if (isOperator(this.tokens.current, end)) {
      this.tokens.advance();
      return items;
    }
    for (;;) {
      items.push(this.expression());
      if (isOperator(this.tokens.current, ',')) this.tokens.advance();
      else {
        this.expect(end, `"," or "${end}"`);
        return items;
      }
    }
  }

  nested(text: string): Expression {
    return parseExpression(text);
  }

  expect(text: string, expected = `"${text}"`): void {
    const token = this.tokens.current;
    if (!isOperator(token, text))
      throw new SyntaxProblem(`expected ${expected}, found ${describe(token)}`, token.at);
    this.tokens.advance();
  }
}
