import type { BinaryOperator, Expression, FunctionName } from './parser.ts';
import { WhereError } from './tokens.ts';

/** A moment: a type of its own, so that it compares with another moment alone and never with a plain number. */
export class Moment {
  readonly epochMs: number;

  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }
}

/** Reads a property of the event in question; undefined when it has none of that name. */
export type Lookup = (of: 'properties' | 'user' | 'event', name: string) => unknown;
type Evaluator = (lookup: Lookup) => unknown;

/**
 * Turns an expression into a test of one event. Undefined (a missing property, a comparison across types) acts as false.
 *
 * @throws {WhereError} when a `datetime()` of a literal is no time.
 */
export function compileWhere(expression: Expression): (lookup: Lookup) => boolean {
  const evaluate = compile(expression);
  return (lookup) => evaluate(lookup) === true;
}

function compile(expression: Expression): Evaluator {
  switch (expression.kind) {
    case 'literal':
      return () => expression.value;
    case 'property':
      return (lookup) => lookup(expression.of, expression.name);
    case 'list': {
      const items = expression.items.map(compile);
      return (lookup) => items.map((item) => item(lookup));
    }
    case 'call':
      return compileCall(expression.name, expression.argument);
    case 'binary':
      return compileBinary(expression.operator, compile(expression.left), compile(expression.right));
  }
}

function compileCall(name: FunctionName, argument: Expression): Evaluator {
  if (name === 'datetime' && argument.kind === 'literal') {
    const moment = momentOf(argument.value);
    if (moment === undefined) throw new WhereError('datetime() needs an ISO 8601 time or epoch seconds');
    return () => moment;
  }
  const inner = compile(argument);
  return (lookup) => applyFunction(name, inner(lookup));
}

function applyFunction(name: FunctionName, value: unknown): unknown {
  switch (name) {
    case 'defined':
      return value !== undefined;
    case 'not':
      return value !== true;
    case 'boolean':
      return value === undefined ? undefined : Boolean(value);
    case 'number':
      return numberOf(value);
    case 'string':
      return value === undefined || typeof value === 'object' ? undefined : String(value);
    case 'datetime':
      return momentOf(value);
    case 'negative':
      return typeof value === 'number' ? -value : undefined;
    default:
      return typeof value === 'number' ? Math[name](value) : undefined;
  }
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || value.trim() === '' || Number.isNaN(Number(value))) return undefined;
  return Number(value);
}

/** Epoch seconds, or ISO 8601 text; text without a zone is read as the stored clock shows it. */
export function momentOf(value: unknown): Moment | undefined {
  if (value instanceof Moment) return value;
  if (typeof value === 'number') return new Moment(value * 1000);
  if (typeof value !== 'string') return undefined;
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?(Z|[+-]\d{2}:\d{2})?$/.exec(value);
  if (match === null) return undefined;
  const epochMs = Date.parse(`${match[1]}T${match[2] ?? '00:00'}${match[3] ?? 'Z'}`);
  return Number.isNaN(epochMs) ? undefined : new Moment(epochMs);
}

function compileBinary(operator: BinaryOperator, left: Evaluator, right: Evaluator): Evaluator {
  if (operator === 'and') return (lookup) => left(lookup) === true && right(lookup) === true;
  if (operator === 'or') return (lookup) => left(lookup) === true || right(lookup) === true;
  return (lookup) => applyBinary(operator, left(lookup), right(lookup));
}

function applyBinary(operator: BinaryOperator, left: unknown, right: unknown): unknown {
  if (operator === '==') return isEqual(left, right);
  if (operator === '!=') return !isEqual(left, right);
  if (operator === 'in') return isIn(left, right);
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') return left + right;
  const [a, b] = [comparable(left), comparable(right)];
  const sameType = left instanceof Moment === right instanceof Moment;
  if (a === undefined || b === undefined || !sameType) return undefined;
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    default:
      return left instanceof Moment ? undefined : calculate(operator, a, b);
  }
}

function calculate(operator: BinaryOperator, a: number, b: number): number | undefined {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  if (b === 0) return undefined;
  return operator === '/' ? a / b : a % b;
}

function comparable(value: unknown): number | undefined {
  if (value instanceof Moment) return value.epochMs;
  return typeof value === 'number' ? value : undefined;
}

function isEqual(left: unknown, right: unknown): boolean {
  if (left instanceof Moment && right instanceof Moment) return left.epochMs === right.epochMs;
  return left !== undefined && left === right;
}

/** Member of a list, or a substring of a text. */
function isIn(left: unknown, right: unknown): boolean | undefined {
  if (Array.isArray(right)) return right.some((item) => isEqual(left, item));
  return typeof left === 'string' && typeof right === 'string' ? right.includes(left) : undefined;
}
