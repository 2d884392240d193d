import { propertyKey } from '../functions/mixpanel.ts';
import { asObject } from '../records.ts';
import type { Value } from '../values/value.ts';
import { propertyText, quote } from './json-text.ts';

/** Names whose keys are kept ready. A project has some thousand property names; others are worked out each time. */
const maxKnownNames = 10_000;

/** Writes the properties that no rule of a set reads. */
export interface OtherProperties {
  /** Members of a JSON object, with a comma between them. */
  members(properties: Value): string;
  /** One property as such a member, begun by a comma; empty when there is nothing to write. */
  member(name: string, value: Value): string;
}

/** @param readNames the properties that rules read: they are somewhere else in the row. */
export function createOtherProperties(readNames: readonly string[]): OtherProperties {
  /** `"key":` of each name; empty for a name that a rule reads. */
  const known = new Map<string, string>(readNames.map((name) => [name, '']));

  const keyText = (name: string): string => {
    const made = `${quote(propertyKey(name))}:`;
    if (known.size < maxKnownNames) known.set(name, made);
    return made;
  };

  const members = (properties: Value): string => {
    const values = asObject(properties);
    let text = '';
    for (const name in values) {
      const key = known.get(name) ?? keyText(name);
      if (key === '') continue;
      const value = propertyText(values[name]);
      if (value !== '') text += text === '' ? key + value : `,${key}${value}`;
    }
    return text;
  };

  return {
    members,
    member(name, value) {
      const text = propertyText(value);
      return text === '' ? '' : `,${quote(propertyKey(name))}:${text}`;
    },
  };
}
