import type { PropertyProfile } from '../../property-profile.ts';
import type { Value } from '../values/value.ts';
import { createLineDivider, type NameUse } from './line-divider.ts';
import { DividedProperties, type OtherProperties } from './other-properties.ts';

/**
 * Reads events from lines of an export, dividing their properties on the way: no object of all of them is made, and
 * what is only copied is copied as bytes. Half of what reading and mapping an event took went into such objects.
 */
export interface LineReader {
  /**
   * Reads a line of the usual form.
   *
   * @returns the event's name; undefined for any other line, which is to be read in the general way.
   */
  read(line: Buffer): string | undefined;
  /** Those of the line read last. */
  readonly properties: DividedProperties;
  /** The values of the names that the reader was asked for, of the line read last: no list, object or bigint. */
  value(index: number): Value;
  /** Which properties the lines read so far had. */
  profile(): PropertyProfile;
}

/** Longer names are cut in profiles, which is left to the general way. */
const maxNameLength = 255;
/** Names that JSON.parse gives another place than their own in the line; and the mark of bytes that are no text. */
const unusualName = /^(?:\d+|__proto__)$|\ufffd/;

/**
 * @param names properties whose values the caller needs beside what the mapping reads.
 * @returns undefined where the mapping reads more names than a line is divided by.
 */
export function createLineReader(others: OtherProperties, names: readonly string[]): LineReader | undefined {
  const placed = [...new Set([...others.placed, ...names])];
  const asked = names.map((name) => placed.indexOf(name));
  const properties = new DividedProperties();
  const { places } = properties;
  places.push(...placed.map(() => undefined));
  const useOf = (name: string): NameUse | undefined => {
    if (name.length > maxNameLength || unusualName.test(name)) return undefined;
    return { name, place: placed.indexOf(name), opening: others.destinyOf(name).opening ?? '' };
  };
  const textOf = (value: Value) => properties.content(value);
  const divider = createLineDivider({ places: placed.length, useOf, textOf });
  if (divider === undefined) return undefined;
  let records = 0;
  return {
    properties,
    value: (index) => places[asked[index] ?? -1],
    read(line) {
      properties.clear();
      if (!divider.divide(line)) return undefined;
      const event = divider.event();
      for (let place = 0; place < placed.length; place += 1) places[place] = divider.valueAt(place);
      // Identity is made of what JSON.parse gives, which keeps no integer whole that is longer than a number.
      if (typeof event !== 'string' || asked.some((place) => isNoScalar(places[place]))) return undefined;
      properties.members = divider.members();
      divider.count();
      records += 1;
      return event;
    },
    profile: () => ({ records, properties: divider.counts(), unlisted: 0 }),
  };
}

function isNoScalar(value: Value): boolean {
  return typeof value === 'bigint' || (typeof value === 'object' && value !== null);
}
