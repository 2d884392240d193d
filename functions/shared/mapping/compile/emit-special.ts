import { specialForms } from '../check-names.ts';
import type { Expression } from '../language/expression.ts';
import { parsePath } from '../language/path-text.ts';
import type { Value } from '../values/value.ts';
import type { ExpressionEmitter } from './emit-expression.ts';
import type { Step } from './read-plan.ts';
import { type Scope, stepsOf } from './static-path.ts';

/** A call in an expression, with the lambda parameters that it may use. */
export interface Call {
  readonly name: string;
  readonly args: readonly Expression[];
  readonly scope: Scope;
}

/** Functions that evaluate only what they need, or that have to know how an argument is written. */
export function emitSpecial(emitter: ExpressionEmitter, call: Call): string | undefined {
  const { name, args, scope } = call;
  const [first, second, third] = args;
  if (name === 'nullify') return 'null';
  if (name === 'iif' && first !== undefined && second !== undefined && third !== undefined) {
    return `(${emitter.test(first, scope)} ? ${emitter.emit(second, scope)} : ${emitter.emit(third, scope)})`;
  }
  if ((name === 'contains_key' || name === 'is_set') && first !== undefined)
    return containsKey(emitter, first, scope);
  if (name === 'coalesce' && args.length > 1) return `(${emitter.all(args, scope).join(' ?? ')} ?? null)`;
  if (name === 'decode') return decode(emitter, call);
  if (
    name === 'object_to_map' &&
    args.length === 2 &&
    first !== undefined &&
    second?.kind === 'name' &&
    !scope.has(second.name)
  ) {
    // A bare name after a list means the attribute of that name, not a field of the record.
    const list = emitter.context.constants.temporary();
    const attribute = `(Array.isArray(${list}) ? ${JSON.stringify(second.name)} : ${emitter.emit(second, scope)})`;
    return emitter.call(name, [`metered(${list} = ${emitter.emit(first, scope)})`, attribute], scope);
  }
  if (Object.hasOwn(specialForms, name)) throw new Error(`no form for ${name}`);
  return undefined;
}

/** A path that is known beforehand is one more read; any other is looked up when it is known. */
function containsKey(emitter: ExpressionEmitter, path: Expression, scope: Scope): string {
  if (path.kind === 'literal' && typeof path.value === 'string') {
    const steps = knownPath(path.value);
    if (steps !== undefined) return `(${emitter.context.plan.read(steps)} !== undefined)`;
  }
  emitter.context.plan.readsWhole = true;
  return `containsPath(root, metered(${emitter.emit(path, scope)}))`;
}

/** A text that is no path is the rule's error for each record, as it is when an expression makes the text. */
function knownPath(text: string): readonly Step[] | undefined {
  try {
    return stepsOf(parsePath(text));
  } catch {
    return undefined;
  }
}

/** A table of literal texts is looked up instead of compared one by one; what it gives stays lazy. */
function decode(emitter: ExpressionEmitter, { args, scope }: Call): string | undefined {
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
  for (const [index, text] of texts.entries()) if (!table.has(text)) table.set(text, outcomes[index] ?? null);
  const fallback = cases.length % 2 === 1 ? cases.at(-1) : undefined;
  const miss = fallback === undefined ? 'null' : emitter.emit(fallback, scope);
  const [text, found] = [emitter.context.constants.temporary(), emitter.context.constants.temporary()];
  const slow = emitter.call('decode', [text, ...cases], scope);
  const lookup = `(${found} = ${emitter.context.constants.reference(table)}.get(${text})) !== undefined ? ${found} : ${miss}`;
  // Only a text is found in the table as it is; other types compare by their value.
  return `(${text} = ${emitter.emit(key, scope)}, typeof ${text} === "string" ? (${lookup}) : ${slow})`;
}
