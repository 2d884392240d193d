import { createHash } from 'node:crypto';
import type { Segment } from '../language/path-text.ts';
import type { Rule } from '../mapping-set.ts';
import { fieldNamed, type TargetField } from './target-field.ts';

/**
 * A hash of all that a schema says of the fields that these rules write: it changes exactly when another version of
 * the schema may give other rows or reject others, and not by a new title or a field that no rule writes.
 */
export function targetFingerprint(rules: readonly Rule[], root: TargetField): string {
  const said = rules.map(({ destination }) => saidAlong(destination, root));
  return createHash('sha256')
    .update(JSON.stringify([root.required, said]))
    .digest('hex');
}

/** What counts of the fields on the way is what they ask of themselves; of the last one, everything. */
function saidAlong(path: readonly Segment[], root: TargetField): unknown[] {
  const said: unknown[] = [];
  let field: TargetField | undefined = root;
  for (const segment of path) {
    said.push([field?.limits, field?.required]);
    field = segment.kind === 'key' ? fieldNamed(field, segment.name) : field?.items;
  }
  return [...said, field && wholeOf(field)];
}

function wholeOf({ shape, limits, required, fields, others, items }: TargetField): unknown {
  const named = [...fields].map(([name, field]) => [name, wholeOf(field)]);
  return [shape, limits, required, named, others && wholeOf(others), items && wholeOf(items)];
}
