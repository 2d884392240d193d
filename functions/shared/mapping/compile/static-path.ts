import { children, type Expression } from '../language/expression.ts';
import type { Segment } from '../language/path-text.ts';
import type { Step } from './read-plan.ts';

/** Lambda parameters in scope, by their name in the expression. */
export type Scope = ReadonlyMap<string, string>;

export const noScope: Scope = new Map();

/** The path that an expression reads from the record, when it does nothing but that. */
export function staticPath(expression: Expression, scope: Scope = noScope): readonly Step[] | undefined {
  if (expression.kind === 'name') return scope.has(expression.name) ? undefined : [expression.name];
  if (expression.kind === 'member') {
    const object = staticPath(expression.object, scope);
    return object === undefined ? undefined : [...object, expression.name];
  }
  if (expression.kind !== 'index' || expression.index.kind !== 'literal') return undefined;
  const { value } = expression.index;
  if (typeof value !== 'string' && !(typeof value === 'number' && Number.isInteger(value) && value >= 0))
    return undefined;
  const object = staticPath(expression.object, scope);
  return object === undefined ? undefined : [...object, value];
}

/** Every path that an expression reads, the longest each: `a.b` and not also `a`. */
export function pathsRead(expression: Expression, scope: Scope = noScope): readonly (readonly Step[])[] {
  const own = staticPath(expression, scope);
  if (own !== undefined) return [own];
  if (expression.kind !== 'lambda') return children(expression).flatMap((child) => pathsRead(child, scope));
  const inner = new Map([...scope, ...expression.parameters.map((name) => [name, name] as const)]);
  return pathsRead(expression.body, inner);
}

/** A path without `[*]` as steps of a read. */
export function stepsOf(path: readonly Segment[]): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (const segment of path) {
    if (segment.kind === 'each') return undefined;
    steps.push(segment.kind === 'key' ? segment.name : segment.index);
  }
  return steps;
}
