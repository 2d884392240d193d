import { allFunctions } from './functions/index.ts';
import { children, type Expression } from './language/expression.ts';
import { SyntaxProblem } from './language/syntax-problem.ts';
import { methods } from './methods.ts';

/** Known by name only: nothing runs while names are checked. */
const functions = allFunctions({ clock: () => 0, uuid: () => '' });

/** Functions that the compiler writes out itself, with the numbers of arguments that they take. */
export const specialForms: Readonly<Record<string, readonly [min: number, max: number]>> = {
  iif: [3, 3],
  nullify: [0, 0],
  contains_key: [1, 1],
  is_set: [1, 1],
  mixpanel_other_properties: [1, Number.POSITIVE_INFINITY],
};

/** Known, and impossible: the reason says why. */
const refused: Readonly<Record<string, string>> = {
  fpid_to_ecid: 'fpid_to_ecid can not be computed here: Adobe does not publish its algorithm',
};

/**
 * Checks that every function and method exists and has as many arguments as it takes.
 *
 * @throws {SyntaxProblem} at the first that doesn't.
 */
export function checkNames(expression: Expression): void {
  check(expression, true);
}

function check(expression: Expression, isWhole: boolean): void {
  if (expression.kind === 'call' && expression.name === 'mixpanel_other_properties')
    checkOthers(expression, isWhole);
  if (expression.kind === 'call') checkCall(expression.name, expression.args.length, expression.at);
  if (expression.kind === 'method') {
    const spec = methods.get(expression.name);
    if (spec === undefined) {
      throw new SyntaxProblem(
        `there is no method "${expression.name}"${suggestion(expression.name, methods.keys())}`,
        expression.at,
      );
    }
    checkCount(`the method ${expression.name}`, [spec.min, spec.max], expression.args.length, expression.at);
  }
  for (const child of children(expression)) check(child, false);
}

/** Which properties are left depends on the other rules, not on the place in an expression. */
function checkOthers(call: Expression & { kind: 'call' }, isWhole: boolean): void {
  if (!isWhole)
    throw new SyntaxProblem('mixpanel_other_properties has to be the whole expression of a rule', call.at);
  const odd = call.args
    .slice(1)
    .find((argument) => argument.kind !== 'literal' || typeof argument.value !== 'string');
  if (odd !== undefined) throw new SyntaxProblem('expected the name of a property as text', odd.at);
}

function checkCall(name: string, count: number, at: number): void {
  const reason = Object.hasOwn(refused, name) ? refused[name] : undefined;
  if (reason !== undefined) throw new SyntaxProblem(reason, at);
  const spec = functions.get(name);
  const form = Object.hasOwn(specialForms, name) ? specialForms[name] : undefined;
  const range = form ?? (spec === undefined ? undefined : ([spec.min, spec.max] as const));
  if (range === undefined) {
    const known = [...functions.keys(), ...Object.keys(specialForms)];
    throw new SyntaxProblem(`there is no function "${name}"${suggestion(name, known)}`, at);
  }
  checkCount(name, range, count, at);
}

function checkCount(name: string, range: readonly [number, number], count: number, at: number): void {
  const [min, max] = range;
  if (count >= min && count <= max) return;
  const allowed =
    min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `${min} or more` : `${min} to ${max}`;
  throw new SyntaxProblem(
    `${name} takes ${allowed} ${allowed === '1' ? 'argument' : 'arguments'}, found ${count}`,
    at,
  );
}

/** The known name that differs least, when the difference looks like a slip. */
function suggestion(name: string, known: Iterable<string>): string {
  let best: string | undefined;
  let least = 3;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best === undefined ? '' : `; did you mean "${best}"?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
