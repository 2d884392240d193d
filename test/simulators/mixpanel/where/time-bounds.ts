import { momentOf } from './evaluate.ts';
import type { Expression } from './parser.ts';

/** Times that a filter can let through; the end is not included. */
export interface TimeBounds {
  readonly fromMs: number;
  readonly toMs: number;
}

const everything: TimeBounds = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/**
 * Bounds that the filter's `and`-joined comparisons of `$time` set. They only spare work: what is inside is still tested
 * row by row, so that a narrow slice of a large day costs what the slice holds.
 */
export function timeBoundsOf(expression: Expression): TimeBounds {
  if (expression.kind !== 'binary') return everything;
  const { operator, left, right } = expression;
  if (operator === 'and') {
    const [a, b] = [timeBoundsOf(left), timeBoundsOf(right)];
    return { fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.min(a.toMs, b.toMs) };
  }
  if (isTime(left)) return boundsOf(operator, right);
  if (isTime(right)) return boundsOf(mirrored[operator] ?? '', left);
  return everything;
}

function isTime(expression: Expression): boolean {
  return expression.kind === 'property' && expression.of !== 'user' && expression.name === '$time';
}

function boundsOf(operator: string, limit: Expression): TimeBounds {
  if (limit.kind !== 'call' || limit.name !== 'datetime' || limit.argument.kind !== 'literal')
    return everything;
  const moment = momentOf(limit.argument.value);
  if (moment === undefined) return everything;
  if (operator === '<' || operator === '<=') return { ...everything, toMs: moment.epochMs + 1 };
  return operator === '>' || operator === '>=' ? { ...everything, fromMs: moment.epochMs } : everything;
}
