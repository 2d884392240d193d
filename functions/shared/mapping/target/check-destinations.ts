import { elementOf, type FieldShape, fieldOf, isListShape, isObjectShape } from '../field-shape.ts';
import { pathText, type Segment } from '../language/path-text.ts';

/** More names than these tell nobody what a field may be called. */
const maxNamesShown = 10;

/** Why a target of that shape has no such destination, and what it has there; undefined when it has. */
export function destinationProblem(destination: readonly Segment[], root: FieldShape): string | undefined {
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
  const known = Object.keys(shape).sort();
  const meant = known.find((field) => field.toLowerCase() === name.toLowerCase());
  if (meant !== undefined) return `the schema has no field "${name}"${where}; did you mean "${meant}"?`;
  const more = known.length > maxNamesShown ? ` and ${known.length - maxNamesShown} more` : '';
  return `the schema has no field "${name}"${where}, but ${known.slice(0, maxNamesShown).join(', ')}${more}`;
}

function kindOf(shape: FieldShape): string {
  if (isListShape(shape)) return 'a list';
  return isObjectShape(shape) ? 'an object' : `a field of type ${String(shape)}`;
}
