import type { BinaryOperator, Expression, UnaryOperator } from './expression.ts';
import type { Segment } from './path-text.ts';
import { SyntaxProblem } from './syntax-problem.ts';
import { type Token, Tokens } from './tokens.ts';

/** Deeper nesting than any readable mapping has; it keeps the parser's and the compiler's recursion bounded. */
const maxDepth = 200;

type Binding = readonly [level: number, operator: BinaryOperator];

/** Words are other spellings of the symbols. Levels 7 and 8 don't associate: `1 == 1 == true` is refused. */
const bindings: Readonly<Record<string, Binding>> = {
  '||': [2, '||'],
  or: [2, '||'],
  '&&': [3, '&&'],
  and: [3, '&&'],
  '|': [4, '|'],
  '^': [5, '^'],
  '&': [6, '&'],
  '==': [7, '=='],
  eq: [7, '=='],
  '!=': [7, '!='],
  ne: [7, '!='],
  '..': [7, '..'],
  '<': [8, '<'],
  lt: [8, '<'],
  '>': [8, '>'],
  gt: [8, '>'],
  '<=': [8, '<='],
  le: [8, '<='],
  '>=': [8, '>='],
  ge: [8, '>='],
  '=~': [8, '=~'],
  '!~': [8, '!~'],
  '=^': [8, '=^'],
  '!^': [8, '!^'],
  '=$': [8, '=$'],
  '!$': [8, '!$'],
  '+': [9, '+'],
  '-': [9, '-'],
  '*': [10, '*'],
  '/': [10, '/'],
  div: [10, '/'],
  '%': [10, '%'],
  mod: [10, '%'],
};
const choiceLevel = 1;
const unaryLevel = 11;
const unaryOperators = new Map<string, UnaryOperator>([
  ['-', '-'],
  ['+', '+'],
  ['~', '~'],
  ['!', '!'],
  ['not', '!'],
  ['empty', 'empty'],
  ['size', 'size'],
]);
const statements = new Set([
  ...['new', 'var', 'let', 'const', 'if', 'else', 'for', 'while', 'do', 'function', 'return', 'break'],
  'continue',
]);

/**
 * Parses an expression of the mapping language.
 *
 * @throws {SyntaxProblem} at the first place that can't be part of an expression.
 */
export function parseExpression(text: string): Expression {
  const parser = new ExpressionParser(new Tokens(text));
  return parser.whole();
}

class ExpressionParser {
  private readonly tokens: Tokens;
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

  private expression(level = choiceLevel): Expression {
    this.depth += 1;
    if (this.depth > maxDepth) {
      throw new SyntaxProblem(`nested deeper than ${maxDepth} levels`, this.tokens.current.at);
    }
    let left = this.prefix();
    for (;;) {
      const next = this.infix(left, level);
      if (next === undefined) break;
      left = next;
    }
    this.depth -= 1;
    return left;
  }

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
    const binding = Object.hasOwn(bindings, token.text) ? bindings[token.text] : undefined;
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
    const binding = Object.hasOwn(bindings, token.text) ? bindings[token.text] : undefined;
    if (binding?.[0] === level) {
      throw new SyntaxProblem(`"${token.text}" can't follow another comparison: use parentheses`, token.at);
    }
  }

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
    if (unary === undefined) return this.postfix(this.primary());
    this.tokens.advance();
    return { kind: 'unary', operator: unary, operand: this.expression(unaryLevel), at: head.at };
  }

  private postfix(start: Expression): Expression {
    let object = start;
    for (;;) {
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
        return token.segments.reduce((inner, segment) => step(inner, segment, token.at), object);
      default:
        throw new SyntaxProblem(`expected the name of a field, found ${describe(token)}`, token.at);
    }
  }

  private primary(): Expression {
    const token = this.tokens.current;
    if (token.kind === 'operator') return this.bracketed(token.text, token.at);
    this.tokens.advance();
    switch (token.kind) {
      case 'number':
        return { kind: 'literal', value: token.value, at: token.at };
      case 'string':
        return { kind: 'literal', value: token.text, at: token.at };
      case 'regex':
        return { kind: 'regex', pattern: token.text, at: token.at };
      case 'template':
        return template(token.text, token.at);
      case 'path':
        return fromPath(token.segments, token.at);
      case 'name':
        return this.word(token.text, token.at);
      default:
        throw new SyntaxProblem(`expected a value, found ${describe(token)}`, token.at);
    }
  }

  private word(text: string, at: number): Expression {
    if (text === 'null') return { kind: 'literal', value: null, at };
    if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', at };
    if (text === 'NaN') return { kind: 'literal', value: Number.NaN, at };
    if (statements.has(text)) {
      throw new SyntaxProblem(`"${text}" is reserved; a field of this name is written \${${text}}`, at);
    }
    if (Object.hasOwn(bindings, text)) {
      throw new SyntaxProblem(`expected a value, found "${text}"; a field of this name is \${${text}}`, at);
    }
    if (isOperator(this.tokens.current, '(')) return { kind: 'call', name: text, args: this.args(), at };
    return isOperator(this.tokens.current, '->') ? this.lambda([text], at) : { kind: 'name', name: text, at };
  }

  private lambda(parameters: readonly string[], at: number): Expression {
    this.expect('->');
    if (!isOperator(this.tokens.current, '{')) {
      return { kind: 'lambda', parameters, body: this.expression(), at };
    }
    // After an arrow, braces hold a block of one expression, or a map when the first expression has a colon.
    const brace = this.tokens.advance().at;
    if (isName(this.tokens.current, 'return')) this.tokens.advance();
    if (isOperator(this.tokens.current, ':')) {
      return { kind: 'lambda', parameters, body: this.mapFrom(undefined, brace), at };
    }
    const first = this.expression();
    if (isOperator(this.tokens.current, ':')) {
      return { kind: 'lambda', parameters, body: this.mapFrom(first, brace), at };
    }
    if (isOperator(this.tokens.current, ';')) this.tokens.advance();
    this.expect('}');
    return { kind: 'lambda', parameters, body: first, at };
  }

  private bracketed(text: string, at: number): Expression {
    if (text === '(') {
      const parameters =
        /^\(\s*([\p{L}$_][\p{L}\p{Nd}$_]*(?:\s*,\s*[\p{L}$_][\p{L}\p{Nd}$_]*)*)\s*\)\s*->/u.exec(
          this.tokens.text.slice(at),
        );
      this.tokens.advance();
      if (parameters?.[1] !== undefined) {
        while (!isOperator(this.tokens.current, '->')) this.tokens.advance();
        return this.lambda(
          parameters[1].split(',').map((name) => name.trim()),
          at,
        );
      }
      const inner = this.expression();
      this.expect(')');
      return inner;
    }
    if (text === '[') {
      this.tokens.advance();
      return { kind: 'array', items: this.list(']'), at };
    }
    if (text === '{') return this.braced(at);
    throw new SyntaxProblem(`expected a value, found "${text}"`, at);
  }

  private braced(at: number): Expression {
    this.tokens.advance();
    if (isOperator(this.tokens.current, ':')) return this.mapFrom(undefined, at);
    if (isOperator(this.tokens.current, '}')) return { kind: 'set', items: this.list('}'), at };
    const first = this.expression();
    if (isOperator(this.tokens.current, ':')) return this.mapFrom(first, at);
    if (isOperator(this.tokens.current, '}')) {
      this.tokens.advance();
      return { kind: 'set', items: [first], at };
    }
    this.expect(',');
    return { kind: 'set', items: [first, ...this.list('}')], at };
  }

  /** The rest of a map literal, from its first colon on. */
  private mapFrom(first: Expression | undefined, at: number): Expression {
    const entries: [Expression, Expression][] = [];
    this.expect(':');
    if (first === undefined) {
      this.expect('}');
      return { kind: 'map', entries, at };
    }
    entries.push([mapKey(first), this.expression()]);
    while (isOperator(this.tokens.current, ',')) {
      this.tokens.advance();
      const key = this.expression();
      this.expect(':');
      entries.push([mapKey(key), this.expression()]);
    }
    this.expect('}');
    return { kind: 'map', entries, at };
  }

  private args(): Expression[] {
    this.tokens.advance();
    return this.list(')');
  }

  private list(end: string): Expression[] {
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

  private expect(text: string, expected = `"${text}"`): void {
    const token = this.tokens.current;
    if (!isOperator(token, text))
      throw new SyntaxProblem(`expected ${expected}, found ${describe(token)}`, token.at);
    this.tokens.advance();
  }
}

/** A bare word as a key of a map literal is the key's name: `{city: x}`. */
function mapKey(key: Expression): Expression {
  return key.kind === 'name' ? { kind: 'literal', value: key.name, at: key.at } : key;
}

function fromPath(segments: readonly Segment[], at: number): Expression {
  const [first, ...rest] = segments;
  if (first?.kind !== 'key') throw new SyntaxProblem('expected the name of a field', at);
  const root: Expression = { kind: 'name', name: first.name, at };
  return rest.reduce<Expression>((inner, segment) => step(inner, segment, at), root);
}

function step(object: Expression, segment: Segment, at: number): Expression {
  if (segment.kind === 'key') return { kind: 'member', object, name: segment.name, at };
  if (segment.kind === 'each')
    throw new SyntaxProblem('[*] stands only in ATTRIBUTE sources and in destinations', at);
  return { kind: 'index', object, index: { kind: 'literal', value: segment.index, at }, at };
}

function template(text: string, at: number): Expression {
  const parts: (string | Expression)[] = [];
  let rest = 0;
  for (const match of text.matchAll(/[$#]\{([^}]*)\}/g)) {
    parts.push(text.slice(rest, match.index));
    parts.push(parseExpression(match[1] ?? ''));
    rest = match.index + match[0].length;
  }
  parts.push(text.slice(rest));
  return { kind: 'template', parts, at };
}

function isOperator(token: Token, text: string): boolean {
  return token.kind === 'operator' && token.text === text;
}

function isName(token: Token, text: string): boolean {
  return token.kind === 'name' && token.text === text;
}

function describe(token: Token): string {
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
