import type { Expression } from '../language/expression.ts';
import type { Segment } from '../language/path-text.ts';
import type { Rule } from '../mapping-set.ts';
import type { Step } from './read-plan.ts';
import { pathsRead, stepsOf } from './static-path.ts';

/** A rule that is nothing but the extension for all other properties. */
export interface OtherPropertiesRule {
  readonly properties: Expression;
  /** Names that stay in the map though rules read them. */
  readonly kept: readonly string[];
}

/** The rule as one for all other properties; undefined when it is any other rule. */
export function asOtherProperties(rule: Rule): OtherPropertiesRule | undefined {
  const { source } = rule;
  if (source.kind !== 'expression' || source.expression.kind !== 'call') return undefined;
  const { name, args } = source.expression;
  const [properties, ...names] = args;
  if (name !== 'mixpanel_other_properties' || properties === undefined) return undefined;
  const kept = names.flatMap((item) =>
    item.kind === 'literal' && typeof item.value === 'string' ? [item.value] : [],
  );
  return { properties, kept };
}

/** The only rule for all other properties of the record, where there is just one. */
export function onlyOtherProperties(rules: readonly Rule[]): Rule | undefined {
  const found = rules.filter((rule) => asOtherProperties(rule) !== undefined);
  const [only] = found;
  const properties = only && asOtherProperties(only)?.properties;
  const isOfRecord = properties?.kind === 'name' && properties.name === 'properties';
  return isOfRecord && found.length === 1 ? only : undefined;
}

/** The rules that read each property, by its name. Those for all other properties don't count as readers. */
export function propertyReaders(rules: readonly Rule[]): Map<string, Rule[]> {
  const readers = new Map<string, Rule[]>();
  for (const rule of rules) {
    if (asOtherProperties(rule) !== undefined) continue;
    for (const name of propertiesRead(rule)) readers.set(name, [...(readers.get(name) ?? []), rule]);
  }
  return readers;
}

/** A rule reads a property by its path in the record, or in the flat `data`, where its `$` is left off. */
function propertiesRead(rule: Rule): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [root, name] of pathsOf(rule)) {
    if (typeof name !== 'string') continue;
    if (root === 'properties') names.add(name);
    if (root === 'data') names.add(name).add(`$${name}`);
  }
  return names;
}

function pathsOf(rule: Rule): readonly (readonly Step[])[] {
  const { source } = rule;
  if (source.kind === 'static') return [];
  if (source.kind === 'expression') return pathsRead(source.expression);
  const each = source.path.findIndex((segment) => segment.kind === 'each');
  const steps = stepsOf(each === -1 ? source.path : source.path.slice(0, each));
  return steps === undefined ? [] : [steps];
}

/**
 * Fields that a copy of an object leaves out: those that other rules take from the same object to another place
 * inside the copy. So `address -> addr` with `address.line1 -> addr.addrLine1` gives no `addr.line1`.
 */
export function fieldsTakenElsewhere(rule: Rule, rules: readonly Rule[]): string[][] {
  if (rule.source.kind !== 'attribute') return [];
  const { path } = rule.source;
  const taken: string[][] = [];
  for (const other of rules) {
    if (other === rule || other.source.kind !== 'attribute') continue;
    const source = relativeNames(other.source.path, path);
    const destination = relativeNames(other.destination, rule.destination);
    if (source === undefined || destination === undefined || source.length === 0 || destination.length === 0)
      continue;
    if (source.join('\n') !== destination.join('\n')) taken.push(source);
  }
  return taken;
}

/** The names by which a path goes on from another; undefined when it doesn't, or through a list. */
function relativeNames(path: readonly Segment[], from: readonly Segment[]): string[] | undefined {
  if (path.length < from.length) return undefined;
  const goesOn = from.every((segment, index) => isSame(segment, path[index]));
  const rest = path.slice(from.length);
  if (!goesOn || rest.some((segment) => segment.kind !== 'key')) return undefined;
  return rest.flatMap((segment) => (segment.kind === 'key' ? [segment.name] : []));
}

function isSame(a: Segment, b: Segment | undefined): boolean {
  if (b === undefined || a.kind !== b.kind) return false;
  if (a.kind === 'key') return b.kind === 'key' && a.name === b.name;
  return a.kind !== 'index' || (b.kind === 'index' && a.index === b.index);
}
