import * as z from 'zod';
import { type JsonType, jsonTypes, type PropertyProfile } from './property-profile.ts';

const typesSchema = z.array(z.enum(jsonTypes));

/** What became of the properties from one profile to a later one. Names in the order of their characters. */
export const driftSchema = z.object({
  appeared: z.array(z.string()),
  vanished: z.array(z.string()),
  changed: z.array(z.object({ name: z.string(), from: typesSchema, to: typesSchema })),
});
export type Drift = z.output<typeof driftSchema>;

/**
 * Compares two profiles. A property has changed when its types are others than before, be it one more or one less;
 * null counts as a type only where there was nothing else, since beside a value it says nothing of the type.
 *
 * Where the earlier profile had no room for every name, none is said to have appeared: it may have been there. In the
 * same way none is said to have vanished from a later one without room.
 */
export function driftBetween(earlier: PropertyProfile, later: PropertyProfile): Drift {
  const [before, after] = [typesByName(earlier), typesByName(later)];
  const changed = [...after].flatMap(([name, to]) => {
    const from = before.get(name);
    return from === undefined || from.join() === to.join() ? [] : [{ name, from, to }];
  });
  return {
    appeared: earlier.unlisted > 0 ? [] : [...after.keys()].filter((name) => !before.has(name)),
    vanished: later.unlisted > 0 ? [] : [...before.keys()].filter((name) => !after.has(name)),
    changed,
  };
}

/** Profiles are sorted by name, so what is made of them is as well. */
function typesByName({ properties }: PropertyProfile): Map<string, JsonType[]> {
  return new Map(
    properties.map(({ name, types }) => {
      const found = jsonTypes.filter((type) => type !== 'null' && (types[type] ?? 0) > 0);
      return [name, found.length === 0 ? ['null'] : found];
    }),
  );
}
