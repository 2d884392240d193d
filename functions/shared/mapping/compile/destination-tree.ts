import { elementOf, type FieldShape, fieldOf } from '../field-shape.ts';
import { pathText, type Segment } from '../language/path-text.ts';
import type { Rule } from '../mapping-set.ts';
import { fieldNamed, type TargetField } from '../target/target-field.ts';

/** A field of the row that rules write to, directly or below it. */
export interface Target {
  readonly name: string;
  /** As messages write it. */
  readonly path: string;
  readonly shape: FieldShape;
  /** What the target's schema says of the field, where there is one. */
  readonly field: TargetField | undefined;
  readonly children: Map<string, Target>;
  /** Rules that write this field itself, or, where lists or overlaps are involved, anything below it. */
  readonly rules: Rule[];
  /** Built as a value at run time instead of written as text: lists, and copies with exceptions. */
  isBuilt: boolean;
}

/** The rules' destinations as one tree, in the order in which the set names them. */
export function destinationTree(
  rules: readonly Rule[],
  shape: FieldShape,
  schema: TargetField | undefined,
): Target {
  const root = target([], shape, schema);
  for (const rule of rules) insert(root, rule);
  return root;
}

function target(path: readonly Segment[], shape: FieldShape, field: TargetField | undefined): Target {
  const last = path.at(-1);
  const name = last?.kind === 'key' ? last.name : '';
  return { name, path: pathText(path), shape, field, children: new Map(), rules: [], isBuilt: false };
}

function insert(root: Target, rule: Rule): void {
  let node = root;
  for (const [depth, segment] of rule.destination.entries()) {
    if (segment.kind !== 'key' || node.isBuilt) {
      node.isBuilt = true;
      break;
    }
    let next = node.children.get(segment.name);
    if (next === undefined) {
      const path = rule.destination.slice(0, depth + 1);
      next = target(path, fieldOf(node.shape, segment.name) ?? 'any', fieldNamed(node.field, segment.name));
      node.children.set(segment.name, next);
    }
    // A copy that later rules refine, or the other way round, is put together as a value.
    if (next.rules.length > 0 || node.isBuilt) next.isBuilt = true;
    node = next;
  }
  if (node.children.size > 0) node.isBuilt = true;
  if (node.rules.length > 0) node.isBuilt = true;
  node.rules.push(rule);
  if (node.isBuilt) gather(node);
}

/** Takes over the rules of everything below a field that is built. */
function gather(node: Target): void {
  for (const child of node.children.values()) {
    gather(child);
    for (const rule of child.rules) if (!node.rules.includes(rule)) node.rules.push(rule);
  }
  node.children.clear();
}

/** The shape at a path below a field. */
export function shapeAt(start: FieldShape, path: readonly Segment[]): FieldShape {
  let shape: FieldShape = start;
  for (const segment of path) {
    const next: FieldShape | undefined =
      segment.kind === 'key' ? fieldOf(shape, segment.name) : elementOf(shape);
    shape = next ?? 'any';
  }
  return shape;
}
