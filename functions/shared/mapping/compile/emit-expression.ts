import { specialForms } from '../check-names.ts';
import type { FunctionSpec } from '../functions/registry.ts';
import type { BinaryOperator, Expression, Literal } from '../language/expression.ts';
import { parsePath } from '../language/path-text.ts';
import { methods } from '../methods.ts';
import { Real } from '../values/real.ts';
import type { Value } from '../values/value.ts';
import type { Constants } from './constants.ts';
import type { ReadPlan } from './read-plan.ts';
import { noScope, type Scope, staticPath, stepsOf } from './static-path.ts';

export interface EmitContext {
  readonly plan: ReadPlan;
  readonly constants: Constants;
  readonly functions: ReadonlyMap<string, FunctionSpec>;
}

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
const booleanOperators = new Set<BinaryOperator>([
  ...(['||', '&&', '==', '!=', '<', '>', '<=', '>=', '=~', '!~', '=^', '!^', '=$', '!$'] as const),
]);

/** Translates an expression into JavaScript that has its value. The templates here are all the code there is. */
export class ExpressionEmitter {
  private readonly context: EmitContext;
  private lambdas = 0;

  constructor(context: EmitContext) {
    this.context = context;
  }

  emit(expression: Expression, scope: Scope = noScope): string {
    const steps = staticPath(expression, scope);
    if (steps !== undefined) return this.context.plan.read(steps);
    switch (expression.kind) {
      case 'literal':
        return this.literal(expression.value);
      case 'regex':
        return JSON.stringify(expression.pattern);
      case 'template':
        return this.call(
          'concat',
          expression.parts.map((part) =>
            typeof part === 'string' ? JSON.stringify(part) : this.emit(part, scope),
          ),
        );
      case 'name':
        return scope.get(expression.name) ?? this.context.plan.read([expression.name]);
      case 'member':
        return `member(${this.emit(expression.object, scope)}, ${JSON.stringify(expression.name)})`;
      case 'index':
        return `place(${this.emit(expression.object, scope)}, ${this.emit(expression.index, scope)})`;
      case 'method':
        return this.method(expression.name, [expression.object, ...expression.args], scope);
      case 'call':
        return (
          this.special(expression.name, expression.args, scope) ??
          this.call(expression.name, this.all(expression.args, scope))
        );
      case 'unary':
        return this.unary(expression, scope);
      case 'binary':
        return this.binary(expression, scope);
      case 'choice':
        return `(${this.condition(expression.test, scope)} ? ${this.emit(expression.yes, scope)} : ${this.emit(expression.no, scope)})`;
      case 'array':
        return `[${this.all(expression.items, scope).join(', ')}]`;
      case 'set':
        return `setOf([${this.all(expression.items, scope).join(', ')}])`;
      case 'map':
        return `mapOf([${this.all(expression.entries.flat(), scope).join(', ')}])`;
      case 'lambda':
        return this.lambda(expression.parameters, expression.body, scope);
    }
  }

  private all(expressions: readonly Expression[], scope: Scope): string[] {
    return expressions.map((expression) => this.emit(expression, scope));
  }

  private literal(value: Literal): string {
    if (value instanceof Real || typeof value === 'bigint' || Number.isNaN(value))
      return this.context.constants.reference(value);
    return JSON.stringify(value);
  }

  /** The expression as a JavaScript condition. */
  private condition(expression: Expression, scope: Scope): string {
    const code = this.emit(expression, scope);
    return isBoolean(expression) ? code : `truthy(${code})`;
  }

  private call(name: string, args: readonly string[]): string {
    const spec = this.context.functions.get(name);
    if (spec === undefined) throw new Error(`no function ${name}`);
    return `${this.context.constants.reference(spec.call)}(${args.join(', ')})`;
  }

  private method(name: string, values: readonly Expression[], scope: Scope): string {
    const spec = methods.get(name);
    if (spec === undefined) throw new Error(`no method ${name}`);
    return `${this.context.constants.reference(spec.call)}(${this.all(values, scope).join(', ')})`;
  }

  /** Functions that evaluate only what they need, or that have to know how an argument is written. */
  private special(name: string, args: readonly Expression[], scope: Scope): string | undefined {
    const [first, second, third] = args;
    if (name === 'nullify') return 'null';
    if (name === 'iif' && first !== undefined && second !== undefined && third !== undefined) {
      return `(${this.condition(first, scope)} ? ${this.emit(second, scope)} : ${this.emit(third, scope)})`;
    }
    if ((name === 'contains_key' || name === 'is_set') && first !== undefined)
      return this.containsKey(first, scope);
    if (name === 'coalesce' && args.length > 1) return `(${this.all(args, scope).join(' ?? ')} ?? null)`;
    if (name === 'decode') return this.decode(args, scope);
    if (
      name === 'object_to_map' &&
      args.length === 2 &&
      first !== undefined &&
      second?.kind === 'name' &&
      !scope.has(second.name)
    ) {
      // A bare name after a list means the attribute of that name, not a field of the record.
      const list = this.context.constants.temporary();
      const attribute = `(Array.isArray(${list}) ? ${JSON.stringify(second.name)} : ${this.emit(second, scope)})`;
      return this.call(name, [`(${list} = ${this.emit(first, scope)})`, attribute]);
    }
    if (Object.hasOwn(specialForms, name)) throw new Error(`no form for ${name}`);
    return undefined;
  }

  private containsKey(path: Expression, scope: Scope): string {
    if (path.kind === 'literal' && typeof path.value === 'string') {
      const steps = stepsOf(parsePath(path.value));
      if (steps !== undefined) return `(${this.context.plan.read(steps)} !== undefined)`;
    }
    return `containsPath(root, ${this.emit(path, scope)})`;
  }

  /** A table of literal texts is looked up instead of compared one by one; what it gives stays lazy. */
  private decode(args: readonly Expression[], scope: Scope): string | undefined {
    const [key, ...cases] = args;
    const pairs = Math.floor(cases.length / 2);
    const keys = cases.filter((_, index) => index % 2 === 0 && index < pairs * 2);
    const values = cases.filter((_, index) => index % 2 === 1);
    const texts = keys.map((item) =>
      item.kind === 'literal' && typeof item.value === 'string' ? item.value : undefined,
    );
    const outcomes = values.map((item) => (item.kind === 'literal' ? item.value : undefined));
    if (key === undefined || texts.includes(undefined) || outcomes.includes(undefined)) return undefined;
    const table = new Map<unknown, Value>();
    for (const [index, text] of texts.entries())
      if (!table.has(text)) table.set(text, outcomes[index] ?? null);
    const fallback = cases.length % 2 === 1 ? cases.at(-1) : undefined;
    const miss = fallback === undefined ? 'null' : this.emit(fallback, scope);
    const [text, found] = [this.context.constants.temporary(), this.context.constants.temporary()];
    const slow = this.call('decode', [text, ...this.all(cases, scope)]);
    const lookup = `(${found} = ${this.context.constants.reference(table)}.get(${text})) !== undefined ? ${found} : ${miss}`;
    // Only a text is found in the table as it is; other types compare as `==` does.
    return `(${text} = ${this.emit(key, scope)}, typeof ${text} === "string" ? (${lookup}) : ${slow})`;
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
    return `${names[expression.operator]}(${this.emit(operand, scope)})`;
  }

  private binary(expression: Expression & { kind: 'binary' }, scope: Scope): string {
    const { operator, left, right } = expression;
    const emit = (name: string) => `${name}(${this.emit(left, scope)}, ${this.emit(right, scope)})`;
    switch (operator) {
      case '||':
        return `(${this.condition(left, scope)} || ${this.condition(right, scope)})`;
      case '&&':
        return `(${this.condition(left, scope)} && ${this.condition(right, scope)})`;
      case '??':
        return `(${this.emit(left, scope)} ?? ${this.emit(right, scope)})`;
      case '?:':
        return `either(${this.emit(left, scope)}, () => ${this.emit(right, scope)})`;
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

  private lambda(parameters: readonly string[], body: Expression, scope: Scope): string {
    const inner = new Map(scope);
    const names = parameters.map((parameter) => {
      this.lambdas += 1;
      inner.set(parameter, `p${this.lambdas}`);
      return `p${this.lambdas}`;
    });
    return `((${names.join(', ')}) => (step(), ${this.emit(body, inner)}))`;
  }
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
