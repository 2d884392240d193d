import type { Expression } from '../language/expression.ts';
import type { RuleSource } from '../mapping-set.ts';
import type { Value } from '../values/value.ts';

/**
 * Every value that a rule can write, where the mapping itself says them all: a static value, or a choice between
 * constants. What is known when a mapping is loaded need not be looked at in each row.
 */
export function knownValues(source: RuleSource): readonly Value[] | undefined {
  if (source.kind === 'static') return [source.value];
  return source.kind === 'expression' ? valuesOf(source.expression) : undefined;
}

function valuesOf(expression: Expression): readonly Value[] | undefined {
  if (expression.kind === 'literal') return [expression.value];
  if (expression.kind === 'choice') return eitherOf(expression.yes, expression.no);
  if (expression.kind !== 'call' || expression.name !== 'iif') return undefined;
  const [, yes, no, ...more] = expression.args;
  return yes === undefined || no === undefined || more.length > 0 ? undefined : eitherOf(yes, no);
}

function eitherOf(yes: Expression, no: Expression): readonly Value[] | undefined {
  const [one, other] = [valuesOf(yes), valuesOf(no)];
  return one === undefined || other === undefined ? undefined : [...one, ...other];
}
