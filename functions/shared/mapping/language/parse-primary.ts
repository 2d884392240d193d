import type { Expression } from './expression.ts';
import { bindings, statements } from './grammar.ts';
import type { Segment } from './path-text.ts';
import { SyntaxProblem } from './syntax-problem.ts';
import { describe, isName, isOperator } from './token-tests.ts';
import type { Tokens } from './tokens.ts';

/** What the parts of the parser have of each other. */
export interface Parser {
  readonly tokens: Tokens;
  expression(): Expression;
  /** The arguments of a call, its brackets included. */
  args(): Expression[];
  /** Expressions up to a closing bracket. */
  list(end: string): Expression[];
  /** Takes the operator, or says what was expected. */
  expect(operator: string, expected?: string): void;
  /** An expression in a text of its own. */
  nested(text: string): Expression;
}

/** A value that stands for itself: a literal, a field, a call, or something in brackets. */
export function parsePrimary(parser: Parser): Expression {
  const token = parser.tokens.current;
  if (token.kind === 'operator') return bracketed(parser, token.text, token.at);
  parser.tokens.advance();
  switch (token.kind) {
    case 'number':
      return { kind: 'literal', value: token.value, at: token.at };
    case 'string':
      return { kind: 'literal', value: token.text, at: token.at };
    case 'regex':
      return { kind: 'regex', pattern: token.text, at: token.at };
    case 'template':
      return template(parser, token.text, token.at);
    case 'path':
      return fromPath(token.segments, token.at);
    case 'name':
      return word(parser, token.text, token.at);
    default:
      throw new SyntaxProblem(`expected a value, found ${describe(token)}`, token.at);
  }
}

/** A literal's word, a call, a lambda's parameter, or a field. */
function word(parser: Parser, text: string, at: number): Expression {
  if (text === 'null') return { kind: 'literal', value: null, at };
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true', at };
  if (text === 'NaN') return { kind: 'literal', value: Number.NaN, at };
  if (statements.has(text)) {
    throw new SyntaxProblem(`"${text}" is reserved; a field of this name is written \${${text}}`, at);
  }
  if (bindings.has(text)) {
    throw new SyntaxProblem(`expected a value, found "${text}"; a field of this name is \${${text}}`, at);
  }
  if (isOperator(parser.tokens.current, '(')) return { kind: 'call', name: text, args: parser.args(), at };
  return isOperator(parser.tokens.current, '->')
    ? lambda(parser, [text], at)
    : { kind: 'name', name: text, at };
}

/** The body of `x -> body`; braces around it are optional. */
function lambda(parser: Parser, parameters: readonly string[], at: number): Expression {
  parser.expect('->');
  if (!isOperator(parser.tokens.current, '{')) {
    return { kind: 'lambda', parameters, body: parser.expression(), at };
  }
  // After an arrow, braces hold a block of one expression, or a map when the first expression has a colon.
  const brace = parser.tokens.advance().at;
  if (isName(parser.tokens.current, 'return')) parser.tokens.advance();
  if (isOperator(parser.tokens.current, ':')) {
    return { kind: 'lambda', parameters, body: mapFrom(parser, undefined, brace), at };
  }
  const first = parser.expression();
  if (isOperator(parser.tokens.current, ':')) {
    return { kind: 'lambda', parameters, body: mapFrom(parser, first, brace), at };
  }
  if (isOperator(parser.tokens.current, ';')) parser.tokens.advance();
  parser.expect('}');
  return { kind: 'lambda', parameters, body: first, at };
}

function bracketed(parser: Parser, text: string, at: number): Expression {
  if (text === '(') {
    const parameters =
      /^\(\s*([\p{L}$_][\p{L}\p{Nd}$_]*(?:\s*,\s*[\p{L}$_][\p{L}\p{Nd}$_]*)*)\s*\)\s*->/u.exec(
        parser.tokens.text.slice(at),
      );
    parser.tokens.advance();
    if (parameters?.[1] !== undefined) {
      while (!isOperator(parser.tokens.current, '->')) parser.tokens.advance();
      return lambda(
        parser,
        parameters[1].split(',').map((name) => name.trim()),
        at,
      );
    }
    const inner = parser.expression();
    parser.expect(')');
    return inner;
  }
  if (text === '[') {
    parser.tokens.advance();
    return { kind: 'array', items: parser.list(']'), at };
  }
  if (text === '{') return braced(parser, at);
  throw new SyntaxProblem(`expected a value, found "${text}"`, at);
}

/** Braces hold a set, or a map once there is a colon. `{}` is an empty set. */
function braced(parser: Parser, at: number): Expression {
  parser.tokens.advance();
  if (isOperator(parser.tokens.current, ':')) return mapFrom(parser, undefined, at);
  if (isOperator(parser.tokens.current, '}')) return { kind: 'set', items: parser.list('}'), at };
  const first = parser.expression();
  if (isOperator(parser.tokens.current, ':')) return mapFrom(parser, first, at);
  if (isOperator(parser.tokens.current, '}')) {
    parser.tokens.advance();
    return { kind: 'set', items: [first], at };
  }
  parser.expect(',');
  return { kind: 'set', items: [first, ...parser.list('}')], at };
}

/** The rest of a map literal, from its first colon on. */
function mapFrom(parser: Parser, first: Expression | undefined, at: number): Expression {
  const entries: [Expression, Expression][] = [];
  parser.expect(':');
  if (first === undefined) {
    parser.expect('}');
    return { kind: 'map', entries, at };
  }
  entries.push([mapKey(first), parser.expression()]);
  while (isOperator(parser.tokens.current, ',')) {
    parser.tokens.advance();
    const key = parser.expression();
    parser.expect(':');
    entries.push([mapKey(key), parser.expression()]);
  }
  parser.expect('}');
  return { kind: 'map', entries, at };
}

/** A bare word as a key of a map literal is the key's name: `{city: x}`. */
function mapKey(key: Expression): Expression {
  return key.kind === 'name' ? { kind: 'literal', value: key.name, at: key.at } : key;
}

function fromPath(segments: readonly Segment[], at: number): Expression {
  const [first, ...rest] = segments;
  if (first?.kind !== 'key') throw new SyntaxProblem('expected the name of a field', at);
  const root: Expression = { kind: 'name', name: first.name, at };
  return stepsInto(root, rest, at);
}

/** Reads on from a value along a path. */
export function stepsInto(start: Expression, path: readonly Segment[], at: number): Expression {
  return path.reduce<Expression>((inner, segment) => step(inner, segment, at), start);
}

function step(object: Expression, segment: Segment, at: number): Expression {
  if (segment.kind === 'key') return { kind: 'member', object, name: segment.name, at };
  if (segment.kind === 'each')
    throw new SyntaxProblem('[*] stands only in ATTRIBUTE sources and in destinations', at);
  return { kind: 'index', object, index: { kind: 'literal', value: segment.index, at }, at };
}

/** Text with fields and expressions inside `$` braces. */
function template(parser: Parser, text: string, at: number): Expression {
  const parts: (string | Expression)[] = [];
  let rest = 0;
  for (const match of text.matchAll(/[$#]\{([^}]*)\}/g)) {
    parts.push(text.slice(rest, match.index));
    parts.push(parser.nested(match[1] ?? ''));
    rest = match.index + match[0].length;
  }
  parts.push(text.slice(rest));
  return { kind: 'template', parts, at };
}
