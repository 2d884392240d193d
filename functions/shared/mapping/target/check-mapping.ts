import type { Coerce } from '../coerce.ts';
import type { Segment } from '../language/path-text.ts';
import type { Rule } from '../mapping-set.ts';
import { ruleErrorText } from '../values/mapping-error.ts';
import { destinationProblem } from './check-destinations.ts';
import { createFieldCheck } from './field-check.ts';
import { knownValues } from './known-values.ts';
import { fieldNamed, type TargetField } from './target-field.ts';

/**
 * What is wrong with rules for a target, known before any record is read: destinations that it doesn't have, and
 * constants that their field can never take. One line for each rule that is wrong.
 */
export function mappingProblems(rules: readonly Rule[], root: TargetField, coerce: Coerce): string[] {
  return rules.flatMap((rule) => {
    const problem = destinationProblem(rule.destination, root.shape) ?? constantProblem(rule, root, coerce);
    return problem === undefined ? [] : [`rule ${rule.index + 1} (${rule.destinationText}): ${problem}`];
  });
}

function constantProblem(rule: Rule, root: TargetField, coerce: Coerce): string | undefined {
  // Below a list a single value may stand for each of its elements, or for the list.
  if (rule.destination.some(({ kind }) => kind !== 'key')) return undefined;
  const field = fieldAt(root, rule.destination);
  const check = field && createFieldCheck(field, false);
  for (const value of knownValues(rule.source) ?? []) {
    try {
      const written = coerce(value, field?.shape ?? 'any');
      const [broken] = (written === undefined ? undefined : check?.(written)) ?? [];
      if (broken !== undefined) return `a constant that its field can't take: ${broken.reason}`;
    } catch (error) {
      return `a constant that its field can't take: ${ruleErrorText(error)}`;
    }
  }
  return undefined;
}

/** The field at a path; undefined where nothing is known of one. */
export function fieldAt(root: TargetField, path: readonly Segment[]): TargetField | undefined {
  return path.reduce<TargetField | undefined>(
    (field, segment) => (segment.kind === 'key' ? fieldNamed(field, segment.name) : field?.items),
    root,
  );
}
