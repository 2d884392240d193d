import { asOtherProperties, propertyReaders } from '../../functions/shared/mapping/compile/rule-reads.ts';
import { pathsRead } from '../../functions/shared/mapping/compile/static-path.ts';
import type { Rule } from '../../functions/shared/mapping/index.ts';
import { pathText } from '../../functions/shared/mapping/language/path-text.ts';

/** Which names of a record its rules read. */
export interface NamesRead {
  /** The names of the record that coverage looks at: properties of a Mixpanel line, or the fields of a raw record. */
  namesOf(record: unknown): readonly string[];
  isRead(name: string): boolean;
  /** Where a rule for all other properties takes the rest. */
  readonly restGoesTo: string | undefined;
}

/** What is read of a Mixpanel line: its properties. */
export function propertiesRead(rules: readonly Rule[]): NamesRead {
  const names = propertyReaders(rules);
  const others = rules.find((rule) => asOtherProperties(rule) !== undefined);
  // A rule that reads the object as a whole may use any of its properties.
  const readsAll = rules.some(
    (rule) =>
      asOtherProperties(rule) === undefined &&
      pathsOf(rule).some(
        ([root, ...rest]) => (root === 'properties' || root === 'data') && rest.length === 0,
      ),
  );
  return {
    namesOf: (record) => keysOf(isObject(record) ? record.properties : undefined),
    isRead: (name) => readsAll || names.has(name),
    restGoesTo: others?.destinationText,
  };
}

/** What is read of a raw record: its fields on the highest level. */
export function fieldsRead(rules: readonly Rule[]): NamesRead {
  const names = new Set<string>();
  for (const path of rules.flatMap(pathsOf)) {
    names.add(String(path[0]));
    // A record may have the whole path as one key.
    names.add(path.join('.'));
  }
  return { namesOf: keysOf, isRead: (name) => names.has(name), restGoesTo: undefined };
}

function pathsOf({ source }: Rule): readonly (readonly (string | number)[])[] {
  if (source.kind === 'static') return [];
  if (source.kind === 'expression') return pathsRead(source.expression);
  return [source.path.map((segment) => (segment.kind === 'key' ? segment.name : pathText([segment])))];
}

function keysOf(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
