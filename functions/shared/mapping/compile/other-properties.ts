import { propertyKey } from '../functions/mixpanel.ts';
import { asObject } from '../records.ts';
import type { Value } from '../values/value.ts';
import { escaped, propertyText, quote } from './json-text.ts';

/** Names whose keys are kept ready. A project has some thousand property names; others are worked out each time. */
const maxKnownNames = 10_000;

/**
 * Divides an event's properties: those that rules read go to their places, those that no rule reads become members of
 * the map of all others. One pass does both, as each property has to be looked at anyway, and reading some thirty
 * names out of objects of ever other shapes costs more than all the rest of a mapping.
 */
export interface OtherProperties {
  /** Names with a place, in the order of the places; set before anything is divided. */
  placed: readonly string[];
  /** @returns the properties at their places; another pass overwrites them. */
  divide(properties: unknown): readonly Value[];
  /**
   * Of the properties divided last: members of a JSON object, with a comma between them.
   *
   * @throws {MappingError} when one of them has no text.
   */
  members(): string;
  /** Both at once. */
  membersOf(properties: Value): string;
  /** One property as such a member, begun by a comma; empty when there is nothing to write. */
  member(name: string, value: Value): string;
  /** What becomes of the properties of a name. */
  destinyOf(name: string): Destiny;
}

/** What becomes of the properties of a name. */
export interface Destiny {
  /** -1 for none. */
  readonly place: number;
  /** `"key":"`; undefined for a name that a rule reads, as that is somewhere else in the row. */
  readonly opening: string | undefined;
  /** The same after another member: `","key":"`. */
  readonly next: string;
}

/** Properties that were divided while they were read. The next line's overwrite them. */
export class DividedProperties {
  places: Value[] = [];
  /** Members of the map, without the last one's closing quote. */
  members = '';
  /** Why one of them has no text. */
  failure: unknown;

  /** Begins anew. */
  clear(): void {
    this.places.fill(undefined);
    this.members = '';
    this.failure = undefined;
  }

  /** A property's text between quotes; empty when there is nothing to write. */
  content(value: Value): string {
    switch (typeof value) {
      case 'string':
        return escaped(value);
      case 'number':
      case 'boolean':
        return `${value}`;
    }
    try {
      return propertyText(value).slice(1, -1);
    } catch (error) {
      this.failure ??= error;
      return '';
    }
  }
}

/** @param readNames the properties that rules read. */
export function createOtherProperties(readNames: readonly string[]): OtherProperties {
  const read = new Set(readNames);
  const known = new Map<string, Destiny>();
  const own = new DividedProperties();
  let placed: readonly string[] = [];
  let divided = own;

  const destinyOf = (name: string): Destiny => {
    const opening = read.has(name) ? undefined : `${quote(propertyKey(name))}:"`;
    return { place: placed.indexOf(name), opening, next: `",${opening}` };
  };
  const learn = (name: string): Destiny => {
    const made = destinyOf(name);
    if (known.size < maxKnownNames) known.set(name, made);
    return made;
  };
  const divide = (properties: unknown): readonly Value[] => {
    if (properties instanceof DividedProperties) {
      divided = properties;
      return properties.places;
    }
    divided = own;
    own.clear();
    const values = asObject(properties);
    let made = '';
    for (const name in values) {
      const value = values[name];
      const { place, opening, next } = known.get(name) ?? learn(name);
      if (place !== -1) own.places[place] = value;
      if (opening === undefined) continue;
      const written = own.content(value);
      if (written !== '') made += (made === '' ? opening : next) + written;
    }
    own.members = made;
    return own.places;
  };
  const members = (): string => {
    if (divided.failure !== undefined) throw divided.failure;
    return divided.members === '' ? '' : `${divided.members}"`;
  };

  return {
    get placed() {
      return placed;
    },
    set placed(names) {
      placed = names;
      own.places = names.map(() => undefined);
    },
    divide,
    members,
    membersOf(properties) {
      divide(properties);
      return members();
    },
    member(name, value) {
      const written = propertyText(value);
      return written === '' ? '' : `,${quote(propertyKey(name))}:${written}`;
    },
    destinyOf,
  };
}
