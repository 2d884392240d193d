import {
  elementOf,
  type FieldShape,
  fieldOf,
  isListShape,
  isObjectShape,
} from '../../functions/shared/mapping/field-shape.ts';
import type { Rule } from '../../functions/shared/mapping/index.ts';
import { pathText } from '../../functions/shared/mapping/language/path-text.ts';

type Destination = Rule['destination'];

/** What is wrong with the destinations of rules, for a target schema; one line for each rule that is wrong. */
export function destinationProblems(rules: readonly Rule[], shape: FieldShape): string[] {
  return rules.flatMap((rule) => {
    const problem = destinationProblem(rule.destination, shape);
    return problem === undefined ? [] : [`rule ${rule.index + 1} (${rule.destinationText}): ${problem}`];
  });
}

function destinationProblem(destination: Destination, root: FieldShape): string | undefined {
  let shape = root;
  for (const [depth, segment] of destination.entries()) {
    if (shape === 'any') return undefined;
    const parent = pathText(destination.slice(0, depth));
    if (segment.kind !== 'key') {
      const element = elementOf(shape);
      if (element === undefined) return `the schema has no list at ${parent}, but ${kindOf(shape)}`;
      shape = element;
      continue;
    }
    if (isListShape(shape)) return `the schema has a list at ${parent}; write ${parent}[0] or ${parent}[*]`;
    const field = fieldOf(shape, segment.name);
    if (field === undefined) return missingField(shape, parent, segment.name);
    shape = field;
  }
  return undefined;
}

function missingField(shape: FieldShape, parent: string, name: string): string {
  if (!isObjectShape(shape)) return `the schema has ${kindOf(shape)} at ${parent}, which has no fields`;
  const where = parent === '' ? '' : ` in ${parent}`;
  const meant = Object.keys(shape).find((known) => known.toLowerCase() === name.toLowerCase());
  const suggestion = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return `the schema has no field "${name}"${where}${suggestion}`;
}

function kindOf(shape: FieldShape): string {
  if (isListShape(shape)) return 'a list';
  return isObjectShape(shape) ? 'an object' : `a field of type ${String(shape)}`;
}
