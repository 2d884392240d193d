import type { FunctionSpec } from '../functions/registry.ts';
import { type BinaryOperator, children, type Expression, type Literal } from '../language/expression.ts';
import { methods } from '../methods.ts';
import { Real } from '../values/real.ts';
import type { Constants } from './constants.ts';
import { emitSpecial } from './emit-special.ts';
import type { ReadPlan } from './read-plan.ts';
import { noScope, type Scope, staticPath } from './static-path.ts';

export interface EmitContext {
  readonly plan: ReadPlan;
  readonly constants: Constants;
  readonly functions: ReadonlyMap<string, FunctionSpec>;
  /** Reading a field at the top of the record that isn't there is an error. */
  readonly strict: boolean;
}

/** The runtime's function for each operator that is not written as JavaScript itself. */
const operatorFunctions: Readonly<
  Record<Exclude<BinaryOperator, '||' | '&&' | '!=' | '!~' | '!^' | '!$' | '?:' | '??'>, string>
> = {
  '|': 'bitOr',
  '^': 'bitXor',
  '&': 'bitAnd',
  '==': 'equals',
  '<': 'less',
  '>': 'greater',
  '<=': 'lessOrEqual',
  '>=': 'greaterOrEqual',
  '=~': 'matches',
  '=^': 'startsWith',
  '=$': 'endsWith',
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'remainder',
  '..': 'range',
};
/** Operators whose code is a JavaScript boolean, so that a condition needs no conversion. */
const booleanOperators = new Set<BinaryOperator>([
  ...(['||', '&&', '==', '!=', '<', '>', '<=', '>=', '=~', '!~', '=^', '!^', '=$', '!$'] as const),
]);

/** Operators that read nothing long beside a number: a text of more than some hundred characters is none. */
const ofNumbers = new Set<BinaryOperator>(['==', '!=', '<', '>', '<=', '>=', '-', '*', '/', '%']);

/** Translates an expression into JavaScript that has its value. The templates here are all the code there is. */
export class ExpressionEmitter {
  readonly context: EmitContext;
  private lambdas = 0;

  constructor(context: EmitContext) {
    this.context = context;
  }

  emit(expression: Expression, scope: Scope = noScope): string {
    const steps = staticPath(expression, scope);
    if (steps !== undefined) {
      const value = this.context.plan.read(steps);
      return this.context.strict ? `defined(root, ${JSON.stringify(String(steps[0]))}, ${value})` : value;
    }
    switch (expression.kind) {
      case 'literal':
        return this.literal(expression.value);
      case 'regex':
        return JSON.stringify(expression.pattern);
      case 'template':
        return this.call(
          'concat',
          expression.parts.map((part) => (typeof part === 'string' ? JSON.stringify(part) : part)),
          scope,
        );
      case 'name':
        return scope.get(expression.name) ?? this.context.plan.read([expression.name]);
      case 'member':
        return `member(${this.emit(expression.object, scope)}, ${JSON.stringify(expression.name)})`;
      case 'index':
        return `place(${this.emit(expression.object, scope)}, ${this.operand(expression.index, scope)})`;
      case 'method':
        return this.callOf(methods.get(expression.name), [expression.object, ...expression.args], scope);
      case 'call':
        return (
          emitSpecial(this, { name: expression.name, args: expression.args, scope }) ??
          this.call(expression.name, expression.args, scope)
        );
      case 'unary':
        return this.unary(expression, scope);
      case 'binary':
        return this.binary(expression, scope);
      case 'choice':
        return `(${this.test(expression.test, scope)} ? ${this.emit(expression.yes, scope)} : ${this.emit(expression.no, scope)})`;
      case 'array':
        return `[${this.all(expression.items, scope).join(', ')}]`;
      case 'set':
        return `setOf([${this.all(expression.items, scope).join(', ')}])`;
      case 'map':
        return `mapOf([${expression.entries.map(([key, value]) => `${this.operand(key, scope)}, ${this.emit(value, scope)}`).join(', ')}])`;
      case 'lambda':
        return this.lambda(expression.parameters, expression.body, scope);
    }
  }

  /** Several expressions, each as code. */
  all(expressions: readonly Expression[], scope: Scope): string[] {
    return expressions.map((expression) => this.emit(expression, scope));
  }

  /** What an operator or a function reads. What the set itself says is short, and other operators count what they make. */
  private operand(expression: Expression, scope: Scope): string {
    const code = this.emit(expression, scope);
    return isCounted(expression) ? code : `metered(${code})`;
  }

  /** A literal as JSON; what JSON can't say is a constant. */
  private literal(value: Literal): string {
    if (value instanceof Real || typeof value === 'bigint' || Number.isNaN(value))
      return this.context.constants.reference(value);
    return JSON.stringify(value);
  }

  /** What decides between two values: never an error, even where null and missing operands are. */
  test(expression: Expression, scope: Scope): string {
    return isBoolean(expression)
      ? this.emit(expression, scope)
      : `isTrue(${this.optional(expression, scope)})`;
  }

  /** A value that may be missing in the strict mode too, because another stands in for it. */
  optional(expression: Expression, scope: Scope): string {
    const steps = staticPath(expression, scope);
    return steps === undefined ? this.emit(expression, scope) : this.context.plan.read(steps);
  }

  /** The expression as a JavaScript condition. */
  condition(expression: Expression, scope: Scope): string {
    const code = this.emit(expression, scope);
    return isBoolean(expression) ? code : `truthy(${code})`;
  }

  /**
   * A call of a function by its constant. Parsing has checked that it exists and takes so many arguments.
   *
   * @param args expressions, or what is code already.
   */
  call(name: string, args: readonly (Expression | string)[], scope: Scope): string {
    return this.callOf(this.context.functions.get(name), args, scope);
  }

  /** What a function reads and makes is counted, but for what it only passes on or looks up. */
  private callOf(
    spec: FunctionSpec | undefined,
    args: readonly (Expression | string)[],
    scope: Scope,
  ): string {
    if (spec === undefined) throw new Error('a name that is not known was not refused');
    const codes = args.map((argument, index) => {
      if (typeof argument === 'string') return argument;
      const isFree = spec.free === 'all' || (spec.free === 'first' && index === 0);
      return isFree ? this.emit(argument, scope) : this.operand(argument, scope);
    });
    const made = `${this.context.constants.reference(spec.call)}(${codes.join(', ')})`;
    return spec.free === undefined ? `metered(${made})` : made;
  }

  private unary(expression: Expression & { kind: 'unary' }, scope: Scope): string {
    const operand = expression.operand;
    if (expression.operator === '!') return `!${this.condition(operand, scope)}`;
    const names = {
      '-': 'negate',
      '+': 'plus',
      '~': 'complement',
      empty: 'isEmpty',
      size: 'sizeOf',
    } as const;
    return `${names[expression.operator]}(${this.operand(operand, scope)})`;
  }

  private binary(expression: Expression & { kind: 'binary' }, scope: Scope): string {
    const { operator, left, right } = expression;
    const emit = (name: string) => {
      const isShort = ofNumbers.has(operator) && (isNumber(left) || isNumber(right));
      const operands = [left, right].map((side) =>
        isShort ? this.emit(side, scope) : this.operand(side, scope),
      );
      return `${name}(${operands.join(', ')})`;
    };
    switch (operator) {
      case '||':
        return `(${this.condition(left, scope)} || ${this.condition(right, scope)})`;
      case '&&':
        return `(${this.condition(left, scope)} && ${this.condition(right, scope)})`;
      case '??':
        return `(${this.optional(left, scope)} ?? ${this.emit(right, scope)})`;
      case '?:':
        return `either(${this.optional(left, scope)}, () => ${this.emit(right, scope)})`;
      case '!=':
        return isNull(right) ? `(${this.emit(left, scope)} != null)` : `!${emit('equals')}`;
      case '==':
        return isNull(right) ? `(${this.emit(left, scope)} == null)` : emit('equals');
      case '!~':
        return `!${emit('matches')}`;
      case '!^':
        return `!${emit('startsWith')}`;
      case '!$':
        return `!${emit('endsWith')}`;
      default:
        return emit(operatorFunctions[operator]);
    }
  }

  /** A lambda's parameters get names of their own; each call counts, so that no list runs forever. */
  private lambda(parameters: readonly string[], body: Expression, scope: Scope): string {
    const inner = new Map(scope);
    const names = parameters.map((parameter) => {
      this.lambdas += 1;
      inner.set(parameter, `p${this.lambdas}`);
      return `p${this.lambdas}`;
    });
    return `((${names.join(', ')}) => step(${this.emit(body, inner)}, ${partsOf(body)}))`;
  }
}

function isNumber(expression: Expression): boolean {
  return expression.kind === 'literal' && ['number', 'boolean'].includes(typeof expression.value);
}

function isCounted(expression: Expression): boolean {
  if (expression.kind === 'binary') return expression.operator !== '?:' && expression.operator !== '??';
  return ['literal', 'regex', 'unary'].includes(expression.kind);
}

/** How many expressions an expression consists of. */
function partsOf(expression: Expression): number {
  return children(expression).reduce((sum, child) => sum + partsOf(child), 1);
}

function isNull(expression: Expression): boolean {
  return expression.kind === 'literal' && expression.value === null;
}

/** Whether the generated code is a JavaScript boolean already. */
function isBoolean(expression: Expression): boolean {
  if (expression.kind === 'literal') return typeof expression.value === 'boolean';
  if (expression.kind === 'unary') return expression.operator === '!' || expression.operator === 'empty';
  return expression.kind === 'binary' && booleanOperators.has(expression.operator);
}
